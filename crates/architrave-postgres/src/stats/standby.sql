-- A standby's recovery; no row on a primary.
select coalesce(case when pg_is_in_recovery() then pg_is_wal_replay_paused() end, false) as replay_paused,
    extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8 as replayed_seconds_ago,
    pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::int8 as unreplayed_bytes,
    exists (select 1 from pg_catalog.pg_stat_wal_receiver) as receiving
where pg_is_in_recovery()
