-- What must be known before anything else is asked; valid on every PostgreSQL since 9.1.
select current_setting('server_version_num')::int as version_num, current_setting('server_version') as version, version() as version_text,
    extract(epoch from now())::float8 as now, current_setting('is_superuser') = 'on' as superuser,
    (select count(*) from pg_catalog.pg_class c where c.relkind in ('v', 'm')) as views,
    (select n.nspname from pg_catalog.pg_extension x join pg_catalog.pg_namespace n on n.oid = x.extnamespace where x.extname = 'pg_stat_statements') as statements_schema,
    (select x.extversion from pg_catalog.pg_extension x where x.extname = 'pg_stat_statements') as statements_version
