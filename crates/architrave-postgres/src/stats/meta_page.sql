-- The counters in the first page of b-tree and GIN indexes, from their files: what a checkpoint has not written yet is missing. Asked
-- as superuser only; no row value is in these bytes.
select n.nspname as schema, c.relname as name, a.amname as method,
    encode(pg_read_binary_file(pg_relation_filepath(c.oid), 0, 80, true), 'hex') as head
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_am a on a.oid = c.relam
where c.relkind = 'i' and a.amname in ('btree', 'gin') and :user_schema(n)
