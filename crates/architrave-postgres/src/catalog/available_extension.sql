-- The version that the server's files would install, of installed extensions.
select x.extname as name, a.default_version as version
from pg_catalog.pg_extension x
join pg_catalog.pg_available_extensions() a on a.name = x.extname
