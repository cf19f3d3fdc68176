-- The twin's tables, materialized views and indexes. $1: these ids only, or null.
select c.oid, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind, coalesce(m.amname, '')::text as method,
    case when c.relkind in ('r', 'm', 'i') then pg_catalog.pg_relation_filepath(c.oid) end as path,
    i.indrelid as table,
    coalesce((select o.option_value::int4 from pg_catalog.pg_options_to_table(c.reloptions) o where o.option_name = 'pages_per_range'), 128)
        as pages_per_range,
    coalesce((
        select sum(coalesce(s.stawidth, 8))::float8
        from pg_catalog.generate_series(0, i.indnkeyatts - 1) k
        left join pg_catalog.pg_statistic s on not s.stainherit and (
            s.starelid = i.indrelid and s.staattnum = i.indkey[k] and i.indkey[k] <> 0
            or s.starelid = i.indexrelid and s.staattnum = k + 1)
        where i.indexrelid is not null), 8) as key_width,
    coalesce(i.indisunique, false) as is_unique, c.relfilenode::int8 as file, c.relpages as pages, c.reltuples as rows, c.relallvisible as all_visible_pages
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_am m on m.oid = c.relam
left join pg_catalog.pg_index i on i.indexrelid = c.oid
where c.relkind in ('r', 'm', 'p', 'i', 'I') and n.nspname not like 'pg\_%' and n.nspname <> 'information_schema'
    and ($1::oid[] is null or c.oid = any ($1))
