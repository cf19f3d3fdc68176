-- Row level security policies.
select p.polrelid::int8 as belongs_to, p.polname as name,
    case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end as command,
    p.polpermissive as permissive,
    (
        select coalesce(json_agg(case when k = 0 then 'PUBLIC' else pg_get_userbyid(k)::text end), '[]'::json)
        from unnest(p.polroles) k
    ) as roles,
    case when :openable(p.polrelid) and :unlocked(p.oid) then pg_get_expr(p.polqual, p.polrelid) end as using,
    case when :openable(p.polrelid) and :unlocked(p.oid) then pg_get_expr(p.polwithcheck, p.polrelid) end as with_check,
    d.description as comment
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_description d on d.objoid = p.oid and d.classoid = 'pg_catalog.pg_policy'::regclass and d.objsubid = 0
where :user_schema(n) and :relation(c.oid)
