-- Foreign servers. Options and user mappings are never read: they may hold secrets.
select s.srvname as name, w.fdwname as wrapper, pg_get_userbyid(s.srvowner) as owner
from pg_catalog.pg_foreign_server s
join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
