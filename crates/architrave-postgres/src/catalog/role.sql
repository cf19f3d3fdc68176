-- Roles of the cluster. Password hashes are never read.
select r.rolname as name, r.rolsuper as superuser, r.rolinherit as inherit, r.rolcreaterole as create_role, r.rolcreatedb as create_db,
    r.rolcanlogin as login, r.rolreplication as replication, r.rolbypassrls as bypass_rls, r.rolconnlimit as connection_limit,
    case when isfinite(r.rolvaliduntil) then extract(epoch from r.rolvaliduntil)::float8 end as valid_until,
    coalesce(r.rolconfig, '{}') as config,
    d.description as comment
from pg_catalog.pg_roles r
left join pg_catalog.pg_shdescription d on d.objoid = r.oid and d.classoid = 'pg_catalog.pg_authid'::regclass
where r.rolname not like 'pg\_%'
