-- The twin's tables, materialized views and indexes. $1: these ids only, or null.
select c.oid, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind, coalesce(m.amname, '')::text as method,
    case when c.relkind in ('r', 'm', 'i') then pg_catalog.pg_relation_filepath(c.oid) end as path,
    i.indrelid as table,
    coalesce((select o.option_value::int4 from pg_catalog.pg_options_to_table(c.reloptions) o where o.option_name = 'pages_per_range'), 128)
        as pages_per_range,
    coalesce(k.widths, '{}') as widths, coalesce(k.distincts, '{}') as distincts,
    coalesce(own.stanumbers4[1:pg_catalog.array_length(own.stavalues4, 1)], s.stanumbers4[1:pg_catalog.array_length(s.stavalues4, 1)],
        '{}')::float8[] as elements,
    coalesce(i.indisunique, false) as is_unique, c.relfilenode::int8 as file, c.relpages as pages, c.reltuples as rows, c.relallvisible as all_visible_pages
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_am m on m.oid = c.relam
left join pg_catalog.pg_index i on i.indexrelid = c.oid
left join lateral (
    select array_agg(coalesce(own.stawidth, s.stawidth, 8)::float8 order by p.number) as widths,
        array_agg(coalesce(own.stadistinct, s.stadistinct, 0)::float8 order by p.number) as distincts
    from pg_catalog.generate_series(0, i.indnkeyatts - 1) p(number)
    left join pg_catalog.pg_statistic s on s.starelid = i.indrelid and s.staattnum = i.indkey[p.number] and not s.stainherit
    left join pg_catalog.pg_statistic own on own.starelid = i.indexrelid and own.staattnum = p.number + 1 and not own.stainherit
) k on i.indexrelid is not null
left join pg_catalog.pg_statistic s on m.amname = 'gin' and s.starelid = i.indrelid and s.staattnum = i.indkey[0] and not s.stainherit
    and s.stakind4 = 4
left join pg_catalog.pg_statistic own on m.amname = 'gin' and own.starelid = i.indexrelid and own.staattnum = 1 and not own.stainherit
    and own.stakind4 = 4
where c.relkind in ('r', 'm', 'p', 'i', 'I') and n.nspname not like 'pg\_%' and n.nspname <> 'information_schema'
    and ($1::oid[] is null or c.oid = any ($1))
