-- Privileges: every distinct access list once, taken apart. Objects refer to it by its text.
select l.text as acl,
    case when x.grantee = 0 then 'PUBLIC' else pg_get_userbyid(x.grantee)::text end as grantee,
    pg_get_userbyid(x.grantor) as grantor,
    array_agg(distinct x.privilege_type) as privileges,
    coalesce(array_agg(distinct x.privilege_type) filter (where x.is_grantable), '{}') as grantable
from (
    select u.acl, u.acl::text as text from (
    select coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner)) as acl
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S') and :user_schema(n) and :relation(c.oid)
    union
    select a.attacl
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where a.attacl is not null and :user_schema(n) and :relation(c.oid)
    union
    select coalesce(n.nspacl, acldefault('n', n.nspowner)) from pg_catalog.pg_namespace n where :user_schema(n)
    union
    select coalesce(p.proacl, acldefault('f', p.proowner))
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace where :user_schema(n) and :function(p.proname)
    union
    select coalesce(t.typacl, acldefault('T', t.typowner))
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace where :user_schema(n)
    union
    select d.defaclacl from pg_catalog.pg_default_acl d
    ) u
) l
cross join lateral aclexplode(l.acl) x
group by l.text, x.grantee, x.grantor
