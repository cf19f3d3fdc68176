-- Ordinary, partitioned and foreign tables. A partition bound has no column references, so printing it takes no lock.
select c.oid::int8 as oid, json_build_object('schema', n.nspname, 'name', c.relname) as name,
    case c.relkind when 'p' then 'partitioned' when 'f' then 'foreign' else 'ordinary' end as kind,
    pg_get_userbyid(c.relowner) as owner,
    case c.relpersistence when 'u' then 'unlogged' when 't' then 'temporary' else 'permanent' end as persistence,
    '[]'::json as columns,
    c.relrowsecurity as rls_enabled, c.relforcerowsecurity as rls_forced,
    case c.relreplident when 'n' then 'nothing' when 'f' then 'full' when 'i' then 'index' else 'default' end as replica_identity,
    case when p.partrelid is not null then json_build_object(
        'strategy', case p.partstrat when 'r' then 'RANGE' when 'l' then 'LIST' when 'h' then 'HASH' else upper(p.partstrat::text) end,
        'columns', (
            select coalesce(json_agg(a.attname order by k.ord), '[]'::json)
            from unnest(p.partattrs::int2[]) with ordinality k (attnum, ord)
            join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum),
        'definition', case when :openable(c.oid) then coalesce(pg_get_partkeydef(c.oid), '') else '' end
    ) end as partitioning,
    c.relispartition as is_partition,
    case when c.relispartition then pg_get_expr(c.relpartbound, 0) end as partition_bound,
    coalesce(c.reloptions, '{}') as options,
    case when m.amname <> 'heap' then m.amname end as access_method,
    s.spcname as tablespace,
    f.srvname as foreign_server,
    case when t.oid is not null then json_build_object('schema', tn.nspname, 'name', t.typname) end as of_type,
    e.extname as extension,
    coalesce(c.relacl, acldefault('r', c.relowner))::text as acl,
    d.description as comment
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_partitioned_table p on p.partrelid = c.oid
left join pg_catalog.pg_am m on m.oid = c.relam
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
left join pg_catalog.pg_foreign_table ft on ft.ftrelid = c.oid
left join pg_catalog.pg_foreign_server f on f.oid = ft.ftserver
left join pg_catalog.pg_type t on t.oid = c.reloftype
left join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
left join :members(pg_class) e on e.objid = c.oid
left join pg_catalog.pg_description d on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid = 0
where c.relkind in ('r', 'p', 'f') and :user_schema(n) and :relation(c.oid) and :alive(c.oid)
