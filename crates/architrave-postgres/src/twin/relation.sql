-- The twin's tables, materialized views and indexes. $1: these ids only, or null.
select c.oid, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind, coalesce(m.amname, '')::text as method,
    case when c.relkind in ('r', 'm', 'i') then pg_catalog.pg_relation_filepath(c.oid) end as path,
    i.indrelid as table,
    coalesce((select o.option_value::int4 from pg_catalog.pg_options_to_table(c.reloptions) o where o.option_name = 'pages_per_range'), 128)
        as pages_per_range,
    coalesce(k.width, 8) as key_width, coalesce(k.share, 0)::float8 as distinct_share, coalesce(k.values, 0)::float8 as distinct_values,
    e.elements, coalesce(i.indisunique, false) as is_unique, c.relfilenode::int8 as file, c.relpages as pages, c.reltuples as rows, c.relallvisible as all_visible_pages
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_am m on m.oid = c.relam
left join pg_catalog.pg_index i on i.indexrelid = c.oid
-- Inner pages hold the first columns only, as far as they tell entries apart.
left join lateral (
    select sum(w.width) filter (where not coalesce(w.told_apart, false))::float8 as width, max(-w.distinct) filter (where w.distinct < 0) as share,
        max(w.distinct) filter (where w.distinct > 0) as values
    from (
        select coalesce(s.stawidth, 8) as width, s.stadistinct as distinct,
            bool_or(s.stadistinct < -0.5) over (order by p.number rows between unbounded preceding and 1 preceding) as told_apart
        from pg_catalog.generate_series(0, i.indnkeyatts - 1) p(number)
        left join pg_catalog.pg_statistic s on not s.stainherit and (
            s.starelid = i.indrelid and s.staattnum = i.indkey[p.number] and i.indkey[p.number] <> 0
            or s.starelid = i.indexrelid and s.staattnum = p.number + 1)
    ) w
) k on i.indexrelid is not null
left join lateral (
    select pg_catalog.array_length(s.stavalues4, 1) as elements
    from pg_catalog.pg_statistic s
    where not s.stainherit and s.stakind4 = 4 and (
        s.starelid = i.indrelid and s.staattnum = i.indkey[0] and i.indkey[0] <> 0 or s.starelid = i.indexrelid and s.staattnum = 1)
) e on m.amname = 'gin'
where c.relkind in ('r', 'm', 'p', 'i', 'I') and n.nspname not like 'pg\_%' and n.nspname <> 'information_schema'
    and ($1::oid[] is null or c.oid = any ($1))
