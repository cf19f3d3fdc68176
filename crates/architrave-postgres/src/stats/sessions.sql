-- Client sessions by role; our own is left out.
select a.usename as role, count(*) as sessions,
    count(*) filter (where a.client_addr is not null and not (a.client_addr <<= '127.0.0.0/8'::inet or a.client_addr = '::1'::inet)) as remote
from pg_catalog.pg_stat_activity a
where a.pid <> pg_backend_pid() and a.backend_type = 'client backend' and a.usename is not null
group by a.usename
