-- ALTER DEFAULT PRIVILEGES.
select pg_get_userbyid(a.defaclrole) as role, n.nspname as schema,
    case a.defaclobjtype when 'r' then 'TABLES' when 'S' then 'SEQUENCES' when 'f' then 'FUNCTIONS' when 'T' then 'TYPES'
        when 'n' then 'SCHEMAS' when 'L' then 'LARGE OBJECTS' else a.defaclobjtype::text end as kind,
    '[]'::json as grants,
    a.defaclacl::text as acl
from pg_catalog.pg_default_acl a
left join pg_catalog.pg_namespace n on n.oid = a.defaclnamespace
