-- Counters of the current database.
select pg_database_size(b.oid) as bytes,
    s.numbackends as backends, s.xact_commit as commits, s.xact_rollback as rollbacks, s.blks_read as blocks_read, s.blks_hit as blocks_hit,
    s.temp_files, s.temp_bytes, s.deadlocks, s.conflicts, s.checksum_failures,
    s.sessions, s.session_time as session_ms, s.sessions_abandoned, s.sessions_fatal, s.sessions_killed, --@ >=14
    extract(epoch from s.stats_reset)::float8 as stats_reset
from pg_catalog.pg_database b
join pg_catalog.pg_stat_database s on s.datid = b.oid
where b.datname = current_database()
