-- Functions, procedures and aggregates, without those that an extension owns and the constructors that come with a range type.
select p.oid::int8 as oid, json_build_object('schema', n.nspname, 'name', p.proname) as name,
    coalesce(pg_get_function_identity_arguments(p.oid), '') as identity_arguments,
    pg_get_function_result(p.oid) as result,
    case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' when 'w' then 'window' else 'function' end as kind,
    pg_get_userbyid(p.proowner) as owner,
    l.lanname as language,
    case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility,
    p.prosecdef as security_definer, p.proleakproof as leakproof, p.proisstrict as strict,
    case p.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end as parallel,
    coalesce(p.proconfig, '{}') as config,
    p.prosrc as body, --@ <14
    case when p.prosqlbody is null then p.prosrc when :unlocked(p.oid) then coalesce(pg_get_function_sqlbody(p.oid), '') else '' end as body, --@ >=14
    case when p.prokind <> 'a'
        and (p.prosqlbody is null or :unlocked(p.oid)) --@ >=14
        then pg_get_functiondef(p.oid)
    end as definition,
    coalesce(p.proacl, acldefault('f', p.proowner))::text as acl,
    d.description as comment
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
left join :members(pg_proc) e on e.objid = p.oid
left join pg_catalog.pg_description d on d.objoid = p.oid and d.classoid = 'pg_catalog.pg_proc'::regclass and d.objsubid = 0
where :user_schema(n) and :function(p.proname) and e.objid is null
    and not (l.lanname = 'internal' and exists (
        select from pg_catalog.pg_depend i where i.classid = 'pg_catalog.pg_proc'::regclass and i.objid = p.oid and i.deptype = 'i'))
