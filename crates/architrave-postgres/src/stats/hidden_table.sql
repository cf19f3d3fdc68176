-- Tables whose column statistics pg_stats hides from this role.
select n.nspname as schema, c.relname as name
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'm') and :user_schema(n)
    and (not has_any_column_privilege(c.oid, 'select') or (c.relrowsecurity and row_security_active(c.oid)))
