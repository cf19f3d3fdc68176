-- Rewrite rules of tables.
select r.ev_class::int8 as belongs_to, r.rulename as name,
    case when :openable(r.ev_class) then coalesce(pg_get_ruledef(r.oid), '') else '' end as definition
from pg_catalog.pg_rewrite r
join pg_catalog.pg_class c on c.oid = r.ev_class and c.relkind in ('r', 'p', 'f')
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where r.rulename <> '_RETURN' and :user_schema(n) and :relation(c.oid)
