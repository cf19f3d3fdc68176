-- Indexes: size and use.
select c.oid::int8 as belongs_to, json_build_object('schema', n.nspname, 'name', ic.relname) as name, c.relname as table,
    coalesce(ic.oid = any (array(select b.index_relid from pg_catalog.pg_stat_progress_create_index b)), false) as building,
    pg_stat_get_numscans(ic.oid) as scans,
    extract(epoch from pg_stat_get_lastscan(ic.oid))::float8 as last_scan, --@ >=16
    pg_stat_get_tuples_returned(ic.oid) as rows_read,
    pg_stat_get_tuples_fetched(ic.oid) as rows_fetched,
    case when ic.relkind <> 'I' and :openable(ic.oid) and :openable(c.oid) then pg_relation_size(ic.oid) end as bytes,
    ic.relkind = 'I' as partitioned,
    ic.relpages as pages, ic.reltuples::float8 as rows,
    pg_stat_get_blocks_fetched(ic.oid) - pg_stat_get_blocks_hit(ic.oid) as blocks_read,
    pg_stat_get_blocks_hit(ic.oid) as blocks_hit
from pg_catalog.pg_index i
join pg_catalog.pg_class ic on ic.oid = i.indexrelid
join pg_catalog.pg_class c on c.oid = i.indrelid and c.relkind in ('r', 'p', 'm')
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where :user_schema(n)
