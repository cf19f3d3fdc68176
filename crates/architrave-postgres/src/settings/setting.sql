-- Settings as the server has them for this session, before we change any of our own.
select s.name, coalesce(s.setting, '') as value, s.unit, s.source, s.boot_val as boot_value, s.context, s.pending_restart
from pg_catalog.pg_settings s
where s.name not in ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable')
