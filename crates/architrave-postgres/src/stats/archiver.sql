-- The WAL archiver.
select a.archived_count as archived, extract(epoch from a.last_archived_time)::float8 as last_archived,
    a.failed_count as failed, extract(epoch from a.last_failed_time)::float8 as last_failed,
    extract(epoch from a.stats_reset)::float8 as stats_reset
from pg_catalog.pg_stat_archiver a
