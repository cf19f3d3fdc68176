create function {schema}.create_hypertable(relation regclass, time_column_name name, partitioning_column name default null, number_partitions integer default null,
    chunk_time_interval anyelement default null::bigint, create_default_indexes boolean default true, if_not_exists boolean default false, migrate_data boolean default false)
    returns void language sql as 'select';
create function {schema}.add_retention_policy(relation regclass, drop_after interval, if_not_exists boolean default false) returns integer language sql as 'select 0';
create function {schema}.add_compression_policy(hypertable regclass, compress_after interval, if_not_exists boolean default false) returns integer language sql as 'select 0';
create function {schema}.time_bucket(bucket_width interval, ts timestamptz) returns timestamptz language sql immutable as 'select date_trunc(''hour'', $2)';
create function {schema}.time_bucket(bucket_width interval, ts timestamp) returns timestamp language sql immutable as 'select date_trunc(''hour'', $2)';
