-- Operator classes that are not the default of their type: the only ones worth naming.
select oc.oid::int8 as oid,
    case when n.nspname = 'pg_catalog' then oc.opcname::text else n.nspname || '.' || oc.opcname end as name
from pg_catalog.pg_opclass oc
join pg_catalog.pg_namespace n on n.oid = oc.opcnamespace
where not oc.opcdefault
