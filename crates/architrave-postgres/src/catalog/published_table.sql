-- Tables named in publications, with column list and row filter.
select r.prpubid::int8 as belongs_to,
    json_build_object('schema', n.nspname, 'name', c.relname) as table,
    case when r.prattrs is not null then (select json_agg(a.attname order by a.attnum) from pg_catalog.pg_attribute a where a.attrelid = r.prrelid and a.attnum = any (r.prattrs::int2[])) end as columns, --@ >=15
    case when :openable(r.prrelid) then pg_get_expr(r.prqual, r.prrelid) end as filter, --@ >=15
    null as unused
from pg_catalog.pg_publication_rel r
join pg_catalog.pg_class c on c.oid = r.prrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
