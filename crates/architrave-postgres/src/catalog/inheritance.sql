-- Parents of tables, by inheritance or partitioning.
select h.inhrelid::int8 as belongs_to, h.inhseqno as position, pn.nspname as schema, pc.relname as name
from pg_catalog.pg_inherits h
join pg_catalog.pg_class c on c.oid = h.inhrelid and c.relkind in ('r', 'p', 'f')
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class pc on pc.oid = h.inhparent
join pg_catalog.pg_namespace pn on pn.oid = pc.relnamespace
where :user_schema(n) and :relation(c.oid)
