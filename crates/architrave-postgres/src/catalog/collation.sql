-- User-defined collations.
select json_build_object('schema', n.nspname, 'name', co.collname) as name,
    case co.collprovider when 'c' then 'libc' when 'i' then 'icu' when 'b' then 'builtin' when 'd' then 'default' else co.collprovider::text end as provider,
    co.collcollate as locale, --@ <15
    coalesce(co.colliculocale, co.collcollate) as locale, --@ >=15 <17
    coalesce(co.colllocale, co.collcollate) as locale, --@ >=17
    co.collisdeterministic as deterministic
from pg_catalog.pg_collation co
join pg_catalog.pg_namespace n on n.oid = co.collnamespace
left join :members(pg_collation) e on e.objid = co.oid
where :user_schema(n) and e.objid is null
