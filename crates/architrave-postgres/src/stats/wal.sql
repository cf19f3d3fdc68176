-- WAL written (14 and later).
select w.wal_records as records, w.wal_fpi as full_page_images, w.wal_bytes::float8 as bytes, w.wal_buffers_full as buffers_full,
    extract(epoch from w.stats_reset)::float8 as stats_reset
from pg_catalog.pg_stat_wal w
