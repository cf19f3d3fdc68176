-- Connected receivers of WAL. A role without pg_monitor sees that they exist and nothing else.
select coalesce(r.application_name, '') as application_name, coalesce(r.state, '') as state, coalesce(r.sync_state, '') as sync_state,
    pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end, r.replay_lsn)::int8 as lag_bytes,
    extract(epoch from r.replay_lag)::float8 as lag_seconds, age(r.backend_xmin)::int8 as xmin_age
from pg_catalog.pg_stat_replication r
