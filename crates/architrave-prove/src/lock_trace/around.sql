-- Relations with all that they can have to do with: partitions and parents of all generations, both ends of foreign keys, the views over any of them,
-- and their sequences.
with recursive family as (
    select oid from unnest('{{oids}}'::oid[]) o (oid)
    union
    select near.oid from family f cross join lateral (
        select i.inhparent as oid from pg_catalog.pg_inherits i where i.inhrelid = f.oid
        union all
        select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent = f.oid
    ) near
), bound as (
    select oid from family
    union
    select k.confrelid from pg_catalog.pg_constraint k where k.contype = 'f' and k.conrelid in (select oid from family)
    union
    select k.conrelid from pg_catalog.pg_constraint k where k.contype = 'f' and k.confrelid in (select oid from family)
), over as (
    select oid from bound
    union
    select r.ev_class from over o
    join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = o.oid
        and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    join pg_catalog.pg_rewrite r on r.oid = d.objid
)
select oid from over
union
select d.objid from over o
join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = o.oid
    and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objsubid = 0 and d.deptype in ('a', 'i')
join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
order by 1
