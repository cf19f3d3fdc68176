-- The columns and index expressions that rows of pg_stats are about.
select c.oid as relation_oid, a.attnum, a.attcollation, g.*,
    case
        -- An index's column may store something else than the expression's value.
        when c.relkind = 'i' and k.opckeytype <> 0 and k.opckeytype <> k.opcintype then
            case k.opcintype when 2277 then (select t.typarray from pg_catalog.pg_type t where t.oid = a.atttypid)
                else k.opcintype end
        else a.atttypid
    end as declared
from given g
join pg_catalog.pg_namespace n on n.nspname = g.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = g.relation
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = g."column" and a.attnum > 0 and not a.attisdropped
left join pg_catalog.pg_index i on i.indexrelid = c.oid
left join pg_catalog.pg_opclass k on k.oid = i.indclass[a.attnum - 1]
