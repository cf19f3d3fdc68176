-- Tables and materialized views: planner figures, sizes, counters. The counters come from the functions below the views, which
-- cost less; those of indexes are added up from the indexes' own rows.
select c.oid::int8 as oid, json_build_object('schema', n.nspname, 'name', c.relname) as name,
    case when c.reltuples = 0 and c.relpages = 0 then -1 else c.reltuples end::float8 as rows, --@ <14
    c.reltuples::float8 as rows, --@ >=14
    c.relpages as pages, c.relallvisible as all_visible_pages,
    case when t.oid is null then size.whole else size.whole - size.toast end as table_bytes,
    size.toast as toast_bytes, size.main as main_bytes,
    c.relkind = 'p' as partitioned,
    pg_stat_get_numscans(c.oid) as seq_scans,
    pg_stat_get_tuples_returned(c.oid) as seq_rows_read,
    pg_stat_get_tuples_fetched(c.oid) as index_rows_fetched,
    pg_stat_get_tuples_inserted(c.oid) as inserted,
    pg_stat_get_tuples_updated(c.oid) as updated,
    pg_stat_get_tuples_deleted(c.oid) as deleted,
    pg_stat_get_tuples_hot_updated(c.oid) as hot_updated,
    pg_stat_get_live_tuples(c.oid) as live_rows,
    pg_stat_get_dead_tuples(c.oid) as dead_rows,
    pg_stat_get_mod_since_analyze(c.oid) as modified_since_analyze,
    extract(epoch from pg_stat_get_last_vacuum_time(c.oid))::float8 as last_vacuum,
    extract(epoch from pg_stat_get_last_autovacuum_time(c.oid))::float8 as last_autovacuum,
    extract(epoch from pg_stat_get_last_analyze_time(c.oid))::float8 as last_analyze,
    extract(epoch from pg_stat_get_last_autoanalyze_time(c.oid))::float8 as last_autoanalyze,
    pg_stat_get_blocks_fetched(c.oid) - pg_stat_get_blocks_hit(c.oid) as heap_blocks_read,
    pg_stat_get_blocks_hit(c.oid) as heap_blocks_hit,
    greatest(
        case when c.relfrozenxid <> '0' then age(c.relfrozenxid) end,
        case when t.relfrozenxid <> '0' then age(t.relfrozenxid) end) as xid_age,
    greatest(
        case when c.relminmxid <> '0' then mxid_age(c.relminmxid) end,
        case when t.relminmxid <> '0' then mxid_age(t.relminmxid) end) as multixact_age
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_class t on t.oid = c.reltoastrelid
cross join lateral (
    select case when c.relkind <> 'p' and :openable(c.oid) and :unlocked(c.reltoastrelid) then pg_table_size(c.oid) end as whole,
        case when c.relkind <> 'p' and :openable(c.oid) then pg_relation_size(c.oid) end as main,
        case when t.oid is not null and :openable(c.oid) and :openable(t.oid) then pg_total_relation_size(t.oid) end as toast
    offset 0
) size
where c.relkind in ('r', 'p', 'm') and :user_schema(n)
