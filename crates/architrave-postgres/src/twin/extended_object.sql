-- The statistics objects of the twin: their columns in order, and the expressions.
select s.oid, n.nspname::text as schema, s.stxname::text as name, s.stxrelid::regclass::text as relation, s.stxkeys::int2[] as keys,
    (select coalesce(array_agg(a.atttypid order by k.number), '{}') from unnest(s.stxkeys::int2[]) with ordinality k(attnum, number)
        join pg_catalog.pg_attribute a on a.attrelid = s.stxrelid and a.attnum = k.attnum) as types,
    pg_get_statisticsobjdef_expressions(s.oid) as expressions, --@ >=14
    (select coalesce(json_object_agg(e.enumtypid || ' ' || e.enumlabel, e.oid::int8), '{}')::text from pg_catalog.pg_enum e
        where e.enumtypid in (select a.atttypid from pg_catalog.pg_attribute a where a.attrelid = s.stxrelid and a.attnum = any (s.stxkeys::int2[])))
        as labels
from pg_catalog.pg_statistic_ext s
join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
