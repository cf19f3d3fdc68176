with needed as (
    select d.refclassid, d.refobjid, d.refobjsubid from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.$catalog'::pg_catalog.regclass and d.objid = $object
), relations as (
    select n.refobjid as oid,
           coalesce(jsonb_agg(distinct a.attname) filter (where a.attname is not null), '[]') as columns
    from needed n
    join pg_catalog.pg_class c on c.oid = n.refobjid and c.relkind in ('r', 'p', 'v', 'm', 'f')
    join pg_catalog.pg_namespace s on s.oid = c.relnamespace and s.nspname <> 'architrave_asked'
    left join pg_catalog.pg_attribute a on a.attrelid = n.refobjid and a.attnum = n.refobjsubid and n.refobjsubid > 0
    where n.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    group by n.refobjid
)
select jsonb_build_object(
    'relations', coalesce((select jsonb_agg(jsonb_build_object('oid', r.oid::int8, 'columns', r.columns) order by r.oid) from relations r), '[]'),
    'functions', coalesce((select jsonb_agg(distinct n.refobjid::int8) from needed n where n.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass), '[]'),
    'target', pg_catalog.to_regclass($target)::pg_catalog.oid::int8)
