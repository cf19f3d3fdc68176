create function {schema}.uuid_generate_v7() returns uuid language sql volatile as 'select gen_random_uuid()';
create function {schema}.uuid_v7_to_timestamptz(uuid) returns timestamptz language sql immutable as 'select null::timestamptz';
