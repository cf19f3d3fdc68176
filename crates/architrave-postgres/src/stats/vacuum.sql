-- Vacuums that are running in this database. A role without pg_read_all_stats sees that they exist and nothing else.
select json_build_object('schema', n.nspname, 'name', c.relname) as table, v.phase, v.index_vacuum_count as index_passes
from pg_catalog.pg_stat_progress_vacuum v
join pg_catalog.pg_class c on c.oid = v.relid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where v.datname = current_database() and v.phase is not null
