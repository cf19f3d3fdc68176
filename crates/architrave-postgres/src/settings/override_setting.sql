-- ALTER ROLE … SET and ALTER DATABASE … SET.
select r.rolname as role, b.datname as database, split_part(o.entry, '=', 1) as name, substr(o.entry, strpos(o.entry, '=') + 1) as value
from pg_catalog.pg_db_role_setting s
left join pg_catalog.pg_roles r on r.oid = s.setrole
left join pg_catalog.pg_database b on b.oid = s.setdatabase
cross join lateral unnest(s.setconfig) as o (entry)
