-- Event triggers.
select t.evtname as name, t.evtevent as event,
    json_build_object('schema', n.nspname, 'name', p.proname) as function,
    case t.evtenabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' else 'origin' end as enabled,
    coalesce(t.evttags, '{}') as tags,
    pg_get_userbyid(t.evtowner) as owner,
    e.extname as extension
from pg_catalog.pg_event_trigger t
join pg_catalog.pg_proc p on p.oid = t.evtfoid
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
left join :members(pg_event_trigger) e on e.objid = t.oid
