-- The expressions of one statistics object.
select 0::oid as relation_oid, 0::int2 as attnum, t.typcollation as attcollation, g.*, t.oid as declared
from given g
join pg_catalog.pg_type t on t.oid = g.type_oid
