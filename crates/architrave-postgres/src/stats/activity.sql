-- Client sessions, counted; our own is left out. `hidden` counts those whose state this role may not see.
select count(*) filter (where client) as clients,
    count(*) filter (where client and a.state = 'active') as active,
    count(*) filter (where client and a.state = 'idle') as idle,
    count(*) filter (where client and a.state like 'idle in transaction%') as idle_in_transaction,
    count(*) filter (where client and a.wait_event_type = 'Lock') as waiting_for_lock,
    extract(epoch from max(now - a.xact_start) filter (where client))::float8 as oldest_transaction_seconds,
    extract(epoch from max(now - a.state_change) filter (where client and a.state like 'idle in transaction%'))::float8
        as oldest_idle_in_transaction_seconds,
    count(*) filter (where client and s.ssl) as tls,
    (select count(*) from pg_catalog.pg_prepared_xacts) as prepared_transactions,
    (select extract(epoch from clock_timestamp() - min(x.prepared))::float8 from pg_catalog.pg_prepared_xacts x) as oldest_prepared_seconds,
    (select max(age(x.transaction))::int8 from pg_catalog.pg_prepared_xacts x) as oldest_prepared_age,
    extract(epoch from max(now - a.query_start) filter (where client and a.state = 'active'))::float8 as oldest_statement_seconds,
    extract(epoch from max(now - a.query_start) filter (where client and a.state = 'active' and a.wait_event_type = 'Lock'))::float8
        as longest_lock_wait_seconds,
    max(age(a.backend_xmin)) filter (where client)::int8 as oldest_snapshot_age,
    count(*) filter (where a.backend_type = 'autovacuum worker') as autovacuum_workers,
    count(*) filter (where client and remote) as remote,
    count(*) filter (where client and remote and s.ssl is not true) as remote_plain,
    count(*) filter (where a.backend_type is null) as hidden
from pg_catalog.pg_stat_activity a
left join pg_catalog.pg_stat_ssl s on s.pid = a.pid
cross join lateral (
    select a.backend_type = 'client backend' as client, clock_timestamp() as now,
        a.client_addr is not null and not (a.client_addr <<= '127.0.0.0/8'::inet or a.client_addr = '::1'::inet) as remote
) w
where a.pid <> pg_backend_pid()
