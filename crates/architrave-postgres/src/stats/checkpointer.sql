-- Background writer and checkpointer; two views since 17.
select
    b.checkpoints_timed as timed, b.checkpoints_req as requested, b.checkpoint_write_time as write_ms, b.checkpoint_sync_time as sync_ms, --@ <17
    b.buffers_checkpoint as buffers_written, b.buffers_clean as buffers_cleaned, b.buffers_backend, --@ <17
    extract(epoch from b.stats_reset)::float8 as stats_reset --@ <17
from pg_catalog.pg_stat_bgwriter b --@ <17
    c.num_timed as timed, c.num_requested as requested, c.write_time as write_ms, c.sync_time as sync_ms, --@ >=17
    c.buffers_written, b.buffers_clean as buffers_cleaned, extract(epoch from c.stats_reset)::float8 as stats_reset --@ >=17
from pg_catalog.pg_stat_checkpointer c cross join pg_catalog.pg_stat_bgwriter b --@ >=17
