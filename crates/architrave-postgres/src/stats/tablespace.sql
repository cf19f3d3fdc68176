-- Tablespaces beside the built-in ones. The server makes a relative path of one that lies inside of the data directory.
select t.spcname as name,
    coalesce(pg_tablespace_location(t.oid) not like '/%' and pg_tablespace_location(t.oid) !~ '^[A-Za-z]:', false)
        or coalesce(starts_with(pg_tablespace_location(t.oid), d.setting || '/'), false) as inside_data_directory
from pg_catalog.pg_tablespace t
left join pg_catalog.pg_settings d on d.name = 'data_directory'
where t.spcname not in ('pg_default', 'pg_global')
