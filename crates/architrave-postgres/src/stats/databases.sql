-- All databases of the cluster. The collation version that the system has now is asked for the current database only, which nobody can
-- drop meanwhile; other databases of the same libc locale share it.
select b.datname as name, pg_get_userbyid(b.datdba) as owner, pg_encoding_to_char(b.encoding) as encoding,
    coalesce(b.datcollate, '') as collate, coalesce(b.datctype, '') as ctype,
    b.datallowconn as allows_connections, b.datistemplate as is_template, b.datconnlimit as connection_limit,
    age(b.datfrozenxid) as xid_age, mxid_age(b.datminmxid) as multixact_age,
    case b.datlocprovider when 'i' then 'icu' when 'b' then 'builtin' else 'libc' end as locale_provider, --@ >=15
    b.daticulocale as locale, --@ >=15 <17
    b.datlocale as locale, --@ >=17
    b.datcollversion as collation_version, --@ >=15
    case when b.oid = o.oid or (b.datlocprovider = 'c' and o.datlocprovider = 'c' and b.datcollate = o.datcollate) then pg_database_collation_actual_version(o.oid) end as actual_collation_version, --@ >=15
    b.datname = current_database() as current
from pg_catalog.pg_database b
join pg_catalog.pg_database o on o.datname = current_database()
