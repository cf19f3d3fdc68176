-- Replication slots.
select s.slot_name as name, s.slot_type as kind, s.active,
    pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end, s.restart_lsn)::int8 as retained_bytes,
    s.wal_status, --@ >=13
    s.safe_wal_size as safe_wal_bytes, --@ >=13
    extract(epoch from clock_timestamp() - s.inactive_since)::float8 as inactive_seconds, --@ >=17
    s.invalidation_reason, s.failover, --@ >=17
    s.temporary, age(s.xmin)::int8 as xmin_age, age(s.catalog_xmin)::int8 as catalog_xmin_age
from pg_catalog.pg_replication_slots s
