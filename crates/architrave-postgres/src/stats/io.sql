-- I/O by backend type, object and context (16 and later).
select i.backend_type, i.object, i.context, coalesce(i.reads, 0) as reads, coalesce(i.writes, 0) as writes,
    coalesce(i.extends, 0) as extends, coalesce(i.hits, 0) as hits, coalesce(i.evictions, 0) as evictions, coalesce(i.fsyncs, 0) as fsyncs
from pg_catalog.pg_stat_io i
where coalesce(i.reads, 0) + coalesce(i.writes, 0) + coalesce(i.extends, 0) + coalesce(i.hits, 0) + coalesce(i.evictions, 0) + coalesce(i.fsyncs, 0) > 0
