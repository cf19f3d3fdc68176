-- The server, the database and what our role could do.
select current_setting('server_version_num')::int as version_num, current_setting('server_version') as version, version() as version_text,
    pg_is_in_recovery() as in_recovery,
    extract(epoch from pg_postmaster_start_time())::float8 as started_at,
    coalesce((select s.ssl from pg_catalog.pg_stat_ssl s where s.pid = pg_backend_pid()), false) as tls,
    current_database() as database,
    (select pg_get_userbyid(b.datdba) from pg_catalog.pg_database b where b.datname = current_database()) as database_owner,
    (
        select json_build_object('name', r.rolname, 'superuser', r.rolsuper, 'bypass_rls', r.rolbypassrls, 'create_role', r.rolcreaterole,
            'monitor', r.rolsuper or pg_has_role(r.oid, 'pg_monitor', 'usage')
                or (pg_has_role(r.oid, 'pg_read_all_stats', 'usage') and pg_has_role(r.oid, 'pg_read_all_settings', 'usage')),
            'owned_tables', t.owned, 'writable_tables', t.writable, 'unreadable_tables', t.unreadable)
        from pg_catalog.pg_roles r
        cross join (
            select count(*) filter (where pg_has_role(c.relowner, 'usage')) as owned,
                count(*) filter (where has_table_privilege(c.oid, 'insert, update, delete, truncate')) as writable,
                count(*) filter (where not has_any_column_privilege(c.oid, 'select')) as unreadable
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'f') and :user_schema(n)
        ) t
        where r.rolname = current_user
    ) as role
