-- Enums, domains, free-standing composite types, ranges, base and shell types; not the array and multirange types that come with
-- others, nor what extensions own.
select t.oid::int8 as oid, json_build_object('schema', n.nspname, 'name', t.typname) as name,
    pg_get_userbyid(t.typowner) as owner,
    case t.typtype
        when 'e' then json_build_object('is', 'enum', 'labels', (
            select coalesce(json_agg(l.enumlabel order by l.enumsortorder), '[]'::json)
            from pg_catalog.pg_enum l where l.enumtypid = t.oid))
        when 'd' then json_build_object('is', 'domain',
            'base', format_type(t.typbasetype, t.typtypmod),
            'not_null', t.typnotnull,
            'default', pg_get_expr(t.typdefaultbin, 0),
            'collation', case when t.typcollation <> bt.typcollation then
                case when cn.nspname = 'pg_catalog' then co.collname::text else cn.nspname || '.' || co.collname end end,
            'constraints', '[]'::json)
        when 'c' then json_build_object('is', 'composite', 'attributes', (
            select coalesce(json_agg(json_build_object(
                    'name', a.attname,
                    'data_type', format_type(a.atttypid, a.atttypmod),
                    'collation', case when a.attcollation <> at.typcollation then
                        case when an.nspname = 'pg_catalog' then ac.collname::text else an.nspname || '.' || ac.collname end end
                ) order by a.attnum), '[]'::json)
            from pg_catalog.pg_attribute a
            join pg_catalog.pg_type at on at.oid = a.atttypid
            left join pg_catalog.pg_collation ac on ac.oid = a.attcollation
            left join pg_catalog.pg_namespace an on an.oid = ac.collnamespace
            where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped))
        when 'r' then json_build_object('is', 'range',
            'subtype', format_type(r.rngsubtype, null),
            'multirange', mt.typname --@ >=14
            'multirange', null --@ <14
            )
        else json_build_object('is', 'base')
    end as kind,
    coalesce(t.typacl, acldefault('T', t.typowner))::text as acl,
    d.description as comment
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join pg_catalog.pg_type bt on bt.oid = t.typbasetype
left join pg_catalog.pg_collation co on co.oid = t.typcollation
left join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
left join pg_catalog.pg_range r on r.rngtypid = t.oid
left join pg_catalog.pg_type mt on mt.oid = r.rngmultitypid --@ >=14
left join pg_catalog.pg_class tc on tc.oid = t.typrelid
left join pg_catalog.pg_type el on el.typarray = t.oid
left join :members(pg_type) e on e.objid = t.oid
left join pg_catalog.pg_description d on d.objoid = t.oid and d.classoid = 'pg_catalog.pg_type'::regclass and d.objsubid = 0
where :user_schema(n) and e.objid is null and el.oid is null
    and (t.typtype in ('e', 'd', 'r', 'b') or (t.typtype = 'c' and tc.relkind = 'c') or (t.typtype = 'p' and not t.typisdefined))
