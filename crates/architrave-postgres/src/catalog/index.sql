-- Indexes. Keys come as numbers, which are turned into names where all columns are known.
select i.indexrelid::int8 as oid, i.indrelid::int8 as belongs_to, ic.relname as name, m.amname as method,
    '[]'::json as keys,
    i.indkey::int2[] as column_numbers, i.indnkeyatts as key_count,
    i.indclass::oid[]::int8[] as operator_classes, i.indcollation::oid[]::int8[] as collations, i.indoption::int2[] as flags,
    case when i.indexprs is not null and :openable(i.indrelid) then (
        select json_agg(pg_get_indexdef(i.indexrelid, k, false) order by k)
        from generate_series(1, i.indnkeyatts) k where i.indkey[k - 1] = 0
    ) end as expressions,
    case when i.indpred is not null and :openable(i.indrelid) then pg_get_expr(i.indpred, i.indrelid) end as predicate,
    i.indpred is not null as partial,
    i.indisunique as unique,
    i.indnullsnotdistinct as nulls_not_distinct, --@ >=15
    i.indisprimary as primary, i.indisexclusion as exclusion, i.indimmediate as immediate,
    i.indisvalid as valid, i.indisready as ready, i.indisreplident as replica_identity, i.indisclustered as clustered,
    con.conname as constraint,
    case when pc.oid is not null then json_build_object('schema', pn.nspname, 'name', pc.relname) end as parent,
    coalesce(ic.reloptions, '{}') as options,
    s.spcname as tablespace,
    case when :openable(i.indrelid) and :openable(i.indexrelid) then coalesce(pg_get_indexdef(i.indexrelid), '') else '' end as definition,
    d.description as comment
from pg_catalog.pg_index i
join pg_catalog.pg_class ic on ic.oid = i.indexrelid
join pg_catalog.pg_class c on c.oid = i.indrelid and c.relkind in ('r', 'p', 'f', 'm')
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_am m on m.oid = ic.relam
left join pg_catalog.pg_constraint con
    on con.conindid = i.indexrelid and con.conrelid = i.indrelid and con.contype in ('p', 'u', 'x')
left join pg_catalog.pg_inherits h on h.inhrelid = i.indexrelid
left join pg_catalog.pg_class pc on pc.oid = h.inhparent
left join pg_catalog.pg_namespace pn on pn.oid = pc.relnamespace
left join pg_catalog.pg_tablespace s on s.oid = ic.reltablespace
left join pg_catalog.pg_description d on d.objoid = i.indexrelid and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid = 0
where :user_schema(n) and :relation(c.oid)
