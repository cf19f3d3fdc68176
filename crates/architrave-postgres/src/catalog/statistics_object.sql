-- Extended statistics objects.
select s.stxrelid::int8 as belongs_to, json_build_object('schema', sn.nspname, 'name', s.stxname) as name,
    (
        select coalesce(json_agg(w.kind order by w.kind), '[]'::json)
        from (
            select case k when 'd' then 'ndistinct' when 'f' then 'dependencies' when 'm' then 'mcv' end as kind from unnest(s.stxkind) k
        ) w where w.kind is not null
    ) as kinds,
    '[]'::json as columns,
    s.stxkeys::int2[] as column_numbers,
    case when :openable(s.stxrelid) then coalesce(pg_get_statisticsobjdef(s.oid), '') else '' end as definition
from pg_catalog.pg_statistic_ext s
join pg_catalog.pg_namespace sn on sn.oid = s.stxnamespace
join pg_catalog.pg_class c on c.oid = s.stxrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where :user_schema(n) and :relation(c.oid)
