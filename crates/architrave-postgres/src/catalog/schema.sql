-- Schemas.
select n.oid::int8 as oid, n.nspname as name, pg_get_userbyid(n.nspowner) as owner, e.extname as extension,
    coalesce(n.nspacl, acldefault('n', n.nspowner))::text as acl, d.description as comment
from pg_catalog.pg_namespace n
left join :members(pg_namespace) e on e.objid = n.oid
left join pg_catalog.pg_description d on d.objoid = n.oid and d.classoid = 'pg_catalog.pg_namespace'::regclass and d.objsubid = 0
where :user_schema(n)
