-- Collations that indexes use, besides the default one.
select co.oid::int8 as oid,
    case when n.nspname = 'pg_catalog' then co.collname::text else n.nspname || '.' || co.collname end as name
from pg_catalog.pg_collation co
join pg_catalog.pg_namespace n on n.oid = co.collnamespace
where co.oid in (select k from pg_catalog.pg_index i, unnest(i.indcollation::oid[]) k where k <> 0 and :relation(i.indrelid))
