-- Columns of tables and views. Only a generation expression names other columns; a plain default is printed without a lock.
select a.attrelid::int8 as belongs_to, a.attnum as position, a.attnum as number, a.attname as name,
    format_type(a.atttypid, a.atttypmod) as data_type,
    a.attnotnull as not_null,
    case when ad.oid is null then null
        when a.attgenerated = '' then pg_get_expr(ad.adbin, 0)
        when :openable(a.attrelid) then pg_get_expr(ad.adbin, a.attrelid)
    end as default,
    case a.attidentity when 'a' then 'always' when 'd' then 'by_default' end as identity,
    case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end as generated,
    a.attcollation::int8 as collation_oid,
    case when a.attcollation <> t.typcollation then
        case when cn.nspname = 'pg_catalog' then co.collname::text else cn.nspname || '.' || co.collname end
    end as collation,
    case when a.attstorage <> t.typstorage then
        case a.attstorage when 'p' then 'PLAIN' when 'e' then 'EXTERNAL' when 'm' then 'MAIN' when 'x' then 'EXTENDED' end
    end as storage,
    case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end as compression, --@ >=14
    nullif(a.attstattarget, -1) as statistics_target,
    not a.attislocal as inherited,
    a.attacl::text as acl,
    d.description as comment
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_collation co on co.oid = a.attcollation and a.attcollation <> t.typcollation
left join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
left join pg_catalog.pg_attrdef ad on ad.adrelid = a.attrelid and ad.adnum = a.attnum
left join pg_catalog.pg_description d
    on d.objoid = a.attrelid and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid = a.attnum
where c.relkind in ('r', 'p', 'f', 'v', 'm') and :user_schema(n) and :relation(c.oid)
