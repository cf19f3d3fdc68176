-- Relations on which another session holds or awaits ACCESS EXCLUSIVE, and what cannot be printed without opening them.
with locked as (
    select distinct l.relation as oid
    from pg_catalog.pg_locks l
    where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.pid <> pg_backend_pid()
        and l.database = (select b.oid from pg_catalog.pg_database b where b.datname = current_database())
), affected as (
    select oid, false as indirect from locked
    union
    select r.ev_class, true
    from locked k
    join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = k.oid and d.classid = 'pg_catalog.pg_rewrite'::regclass
    join pg_catalog.pg_rewrite r on r.oid = d.objid
    union
    select d.objid, true
    from locked k
    join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = k.oid
        and d.classid in ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_policy'::regclass)
)
select a.oid::int8 as oid, bool_and(a.indirect) as indirect, min(n.nspname) as schema, min(c.relname) as name, min(c.relkind) as kind
from affected a
left join pg_catalog.pg_class c on c.oid = a.oid
left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
group by a.oid
