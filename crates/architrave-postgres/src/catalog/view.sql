-- Views and materialized views. Printing a view takes ACCESS SHARE on what it reads until the query ends, hence the portions.
select c.oid::int8 as oid, json_build_object('schema', n.nspname, 'name', c.relname) as name,
    c.relkind = 'm' as materialized,
    pg_get_userbyid(c.relowner) as owner,
    case when :openable(c.oid) then btrim(coalesce(pg_get_viewdef(c.oid), ''), E' ;\n') else '' end as definition,
    '[]'::json as columns,
    coalesce(c.reloptions, '{}') as options,
    c.relispopulated as populated,
    e.extname as extension,
    coalesce(c.relacl, acldefault('r', c.relowner))::text as acl,
    d.description as comment
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join :members(pg_class) e on e.objid = c.oid
left join pg_catalog.pg_description d on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid = 0
where c.relkind in ('v', 'm') and :alive(c.oid) and :user_schema(n) and :relation(c.oid) and :portion(c.oid)
