-- Publications.
select p.oid::int8 as oid, p.pubname as name, pg_get_userbyid(p.pubowner) as owner, p.puballtables as all_tables,
    array_remove(array[
        case when p.pubdelete then 'delete' end,
        case when p.pubinsert then 'insert' end,
        case when p.pubtruncate then 'truncate' end,
        case when p.pubupdate then 'update' end], null) as operations,
    p.pubviaroot as via_root, --@ >=13
    (select coalesce(json_agg(s.nspname order by s.nspname), '[]'::json) from pg_catalog.pg_publication_namespace pn join pg_catalog.pg_namespace s on s.oid = pn.pnnspid where pn.pnpubid = p.oid) as schemas, --@ >=15
    null as unused
from pg_catalog.pg_publication p
