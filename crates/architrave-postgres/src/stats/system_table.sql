-- The largest tables of the system catalogue. Sizes are those of the last vacuum or analyze: no file is looked at.
select c.relname as name, c.relpages as pages, c.reltuples::float8 as rows, pg_stat_get_dead_tuples(c.oid) as dead_rows,
    (select sum(s.avg_width)::float8 from pg_catalog.pg_stats s where s.schemaname = 'pg_catalog' and s.tablename = c.relname) as row_width
from (
    select k.oid, k.relname, k.relpages, k.reltuples
    from pg_catalog.pg_class k
    where k.relnamespace = 'pg_catalog'::regnamespace and k.relkind = 'r'
    order by k.relpages desc, k.relname
    limit 8
) c
