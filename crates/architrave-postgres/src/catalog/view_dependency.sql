-- The relations that views read.
select distinct r.ev_class::int8 as belongs_to, dn.nspname as schema, dc.relname as name
from pg_catalog.pg_rewrite r
join pg_catalog.pg_class c on c.oid = r.ev_class and c.relkind in ('v', 'm')
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_depend d
    on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
    and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> r.ev_class
join pg_catalog.pg_class dc on dc.oid = d.refobjid and dc.relkind in ('r', 'p', 'f', 'v', 'm')
join pg_catalog.pg_namespace dn on dn.oid = dc.relnamespace
where :user_schema(n) and :relation(c.oid)
