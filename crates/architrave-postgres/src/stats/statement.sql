-- pg_stat_statements of this database, the 5,000 dearest. The markers mean the minor version of the extension: 8 is 1.8.
select coalesce(s.queryid, 0) as query_id, coalesce(s.query, '') as query, coalesce(r.rolname, '') as role, s.calls,
    s.total_time as total_ms, s.mean_time as mean_ms, s.max_time as max_ms, s.stddev_time as stddev_ms, --@ <8
    s.total_exec_time as total_ms, s.mean_exec_time as mean_ms, s.max_exec_time as max_ms, s.stddev_exec_time as stddev_ms, --@ >=8
    nullif(s.total_plan_time, 0) as plan_ms, s.wal_bytes::float8 as wal_bytes, --@ >=8
    s.toplevel as top_level, --@ >=9
    s.parallel_workers_to_launch as workers_planned, s.parallel_workers_launched as workers_launched, --@ >=12
    s.rows, s.shared_blks_hit as blocks_hit, s.shared_blks_read as blocks_read, s.shared_blks_dirtied as blocks_dirtied,
    s.temp_blks_written as temp_blocks_written
from :statements s
left join pg_catalog.pg_roles r on r.oid = s.userid
where s.dbid = (select b.oid from pg_catalog.pg_database b where b.datname = current_database())
order by s.total_time desc --@ <8
order by s.total_exec_time desc --@ >=8
limit 5000
