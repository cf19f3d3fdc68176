-- Triggers, without internal ones. Before 15 the copies that partitions have of their parent's triggers may count as internal.
select t.tgrelid::int8 as belongs_to, t.tgname as name,
    json_build_object('schema', pn.nspname, 'name', p.proname) as function,
    case when t.tgtype & 64 <> 0 then 'instead_of' when t.tgtype & 2 <> 0 then 'before' else 'after' end as timing,
    t.tgtype & 1 <> 0 as row,
    array_remove(array[
        case when t.tgtype & 4 <> 0 then 'insert' end,
        case when t.tgtype & 16 <> 0 then 'update' end,
        case when t.tgtype & 8 <> 0 then 'delete' end,
        case when t.tgtype & 32 <> 0 then 'truncate' end], null) as events,
    t.tgattr::int2[] as column_numbers,
    t.tgconstraint <> 0 as constraint,
    case t.tgenabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' else 'origin' end as enabled,
    exists (select from pg_catalog.pg_depend pd where pd.classid = 'pg_catalog.pg_trigger'::regclass and pd.objid = t.oid and pd.refclassid = 'pg_catalog.pg_trigger'::regclass) as inherited, --@ <13
    t.tgparentid <> 0 as inherited, --@ >=13
    case when t.tgqual is null or :openable(t.tgrelid) then coalesce(pg_get_triggerdef(t.oid), '') else '' end as definition,
    d.description as comment
from pg_catalog.pg_trigger t
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_proc p on p.oid = t.tgfoid
join pg_catalog.pg_namespace pn on pn.oid = p.pronamespace
left join pg_catalog.pg_description d on d.objoid = t.oid and d.classoid = 'pg_catalog.pg_trigger'::regclass and d.objsubid = 0
where :user_schema(n) and :relation(c.oid)
    and not t.tgisinternal --@ >=15
    and (not t.tgisinternal or (t.tgconstrrelid = 0 and t.tgconstraint = 0)) --@ <15
