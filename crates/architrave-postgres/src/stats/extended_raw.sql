-- Extended statistics as they are stored, which only superusers may read. Enumerated values are stored as object ids: their labels come along.
select json_build_object('schema', n.nspname, 'name', e.stxname) as name,
    json_build_object('schema', m.nspname, 'name', c.relname) as table,
    d.stxdinherit as inherited, --@ >=15
    e.stxkeys::int2[] as keys, d.stxdndistinct::text as distinct, d.stxddependencies::text as dependencies,
    d.stxdmcv is not null as has_most_common,
    json_build_object('distinct', encode(d.stxdndistinct::bytea, 'hex'), 'dependencies', encode(d.stxddependencies::bytea, 'hex'),
        'most_common', encode(d.stxdmcv::bytea, 'hex'),
        'labels', coalesce((select json_object_agg(l.oid, l.enumlabel) from pg_catalog.pg_enum l where d.stxdmcv is not null
            and l.enumtypid in (select a.atttypid from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum = any (e.stxkeys::int2[]))),
            '{}')) as stored
from pg_catalog.pg_statistic_ext e
join pg_catalog.pg_statistic_ext_data d on d.stxoid = e.oid
join pg_catalog.pg_namespace n on n.oid = e.stxnamespace
join pg_catalog.pg_class c on c.oid = e.stxrelid
join pg_catalog.pg_namespace m on m.oid = c.relnamespace
where :user_schema(n)
