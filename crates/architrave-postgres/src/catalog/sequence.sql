-- Sequences. Their last values are read from the sequences themselves afterwards: the function for it would lock them too strongly.
select c.oid::int8 as oid, json_build_object('schema', n.nspname, 'name', c.relname) as name,
    pg_get_userbyid(c.relowner) as owner,
    format_type(s.seqtypid, null) as data_type,
    s.seqstart as start, s.seqmin as min, s.seqmax as max, s.seqincrement as increment, s.seqcycle as cycle, s.seqcache as cache,
    case when tc.oid is not null then json_build_object('schema', tn.nspname, 'name', tc.relname) end as owned_by_table,
    ta.attname as owned_by_column,
    coalesce(o.deptype = 'i', false) as identity,
    coalesce(:openable(c.oid) and has_sequence_privilege(c.oid, 'select') and (c.relpersistence = 'p' or not pg_is_in_recovery()), false)
        as readable,
    e.extname as extension,
    coalesce(c.relacl, acldefault('s', c.relowner))::text as acl,
    d.description as comment
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_sequence s on s.seqrelid = c.oid
left join pg_catalog.pg_depend o
    on o.classid = 'pg_catalog.pg_class'::regclass and o.objid = c.oid and o.objsubid = 0
    and o.refclassid = 'pg_catalog.pg_class'::regclass and o.refobjsubid > 0 and o.deptype in ('a', 'i')
left join pg_catalog.pg_class tc on tc.oid = o.refobjid
left join pg_catalog.pg_namespace tn on tn.oid = tc.relnamespace
left join pg_catalog.pg_attribute ta on ta.attrelid = o.refobjid and ta.attnum = o.refobjsubid
left join :members(pg_class) e on e.objid = c.oid
left join pg_catalog.pg_description d on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid = 0
where c.relkind = 'S' and :user_schema(n) and :relation(c.oid)
