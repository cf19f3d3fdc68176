-- Subscriptions of this database at work. A worker that restarts again and again shows as not running.
select s.subname as name, s.subenabled as enabled,
    exists (select 1 from pg_catalog.pg_stat_subscription w where w.subid = s.oid and w.relid is null and w.pid is not null) as running,
    (select e.apply_error_count from pg_catalog.pg_stat_subscription_stats e where e.subid = s.oid) as apply_errors, --@ >=15 <19
    (select e.sync_error_count from pg_catalog.pg_stat_subscription_stats e where e.subid = s.oid) as sync_errors, --@ >=15 <19
    (select count(*) from pg_catalog.pg_subscription_rel r where r.srsubid = s.oid and r.srsubstate <> 'r') as tables_behind
from pg_catalog.pg_subscription s
join pg_catalog.pg_database b on b.oid = s.subdbid
where b.datname = current_database()
