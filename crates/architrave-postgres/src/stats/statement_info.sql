-- How often pg_stat_statements has thrown statements out (1.9 and later).
select i.dealloc as times, extract(epoch from i.stats_reset)::float8 as stats_reset
from :statements_info i
