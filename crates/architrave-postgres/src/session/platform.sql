-- What tells the provider and a pooler: names of settings, roles, extensions and functions.
select
    (select coalesce(json_agg(s.name order by s.name), '[]'::json) from pg_catalog.pg_settings s
        where s.name like '%.%' or s.name ~ '^(rds|aurora|apg|neon|azure|cloudsql|alloydb|google)') as settings,
    (select coalesce(json_agg(r.rolname order by r.rolname), '[]'::json) from pg_catalog.pg_roles r) as roles,
    (select coalesce(json_agg(x.extname order by x.extname), '[]'::json) from pg_catalog.pg_extension x) as extensions,
    (select coalesce(json_agg(distinct p.proname), '[]'::json) from pg_catalog.pg_proc p
        where p.proname like 'aurora\_%' and p.pronamespace in (select n.oid from pg_catalog.pg_namespace n where n.nspname in ('pg_catalog', 'public'))) as functions,
    pg_backend_pid() as backend_pid
