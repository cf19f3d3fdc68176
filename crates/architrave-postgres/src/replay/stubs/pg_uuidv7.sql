create function {schema}.uuid_generate_v7() returns uuid language sql volatile as 'select md5(random()::text || clock_timestamp()::text)::uuid';
create function {schema}.uuid_v7_to_timestamptz(uuid) returns timestamptz language sql immutable as 'select null::timestamptz';
