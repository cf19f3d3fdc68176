-- Replication slots.
select s.slot_name as name, s.slot_type as kind, s.active,
    pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end, s.restart_lsn)::int8 as retained_bytes,
    s.wal_status, --@ >=13
    null as unused
from pg_catalog.pg_replication_slots s
