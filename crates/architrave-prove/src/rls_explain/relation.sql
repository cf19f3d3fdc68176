select jsonb_build_object(
    'oid', c.oid::int8, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind, 'owner', pg_catalog.pg_get_userbyid(c.relowner),
    'row_security', c.relrowsecurity, 'forced', c.relforcerowsecurity,
    'invoker', exists (select from unnest(c.reloptions) o where o in ('security_invoker=true', 'security_invoker=on', 'security_invoker=1', 'security_invoker=yes')),
    'superuser', r.rolsuper, 'bypass', r.rolbypassrls, 'owns', pg_catalog.pg_has_role(r.oid, c.relowner, 'USAGE'),
    'schema_open', pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE'),
    'privileges', (select jsonb_agg(p) from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p
                   where pg_catalog.has_table_privilege(r.oid, c.oid, p)),
    'key', (select jsonb_agg(a.attname order by k.at) from pg_catalog.pg_index i
            cross join lateral unnest(i.indkey::int2[]) with ordinality k (attnum, at)
            join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
            where i.indrelid = c.oid and i.indisprimary),
    'columns', (select jsonb_agg(jsonb_build_object('name', a.attname, 'generated', a.attgenerated <> '',
                                 'select', pg_catalog.has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT'),
                                 'insert', pg_catalog.has_column_privilege(r.oid, c.oid, a.attnum, 'INSERT'),
                                 'update', pg_catalog.has_column_privilege(r.oid, c.oid, a.attnum, 'UPDATE')) order by a.attnum)
                from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
    'sequences', (select jsonb_agg(jsonb_build_object('schema', sn.nspname, 'name', s.relname, 'column', a.attname,
                                   'open', pg_catalog.has_schema_privilege(r.oid, sn.oid, 'USAGE'),
                                   'held', pg_catalog.has_sequence_privilege(r.oid, s.oid, 'USAGE')) order by a.attnum)
                  from pg_catalog.pg_attrdef ad
                  join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.objid = ad.oid
                       and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                  join pg_catalog.pg_class s on s.oid = d.refobjid and s.relkind = 'S'
                  join pg_catalog.pg_namespace sn on sn.oid = s.relnamespace
                  join pg_catalog.pg_attribute a on a.attrelid = ad.adrelid and a.attnum = ad.adnum
                  where ad.adrelid = c.oid),
    'reads', (select jsonb_agg(distinct d.refobjid::int8) from pg_catalog.pg_rewrite w
              join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
                   and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> c.oid
              join pg_catalog.pg_class s on s.oid = d.refobjid and s.relkind in ('r', 'p', 'v', 'm', 'f')
              where w.ev_class = c.oid and c.relkind = 'v'),
    'policies', (select jsonb_agg(jsonb_build_object(
                     'name', p.polname, 'command', p.polcmd, 'permissive', p.polpermissive,
                     'roles', (select jsonb_agg(case x when 0 then 'PUBLIC' else pg_catalog.pg_get_userbyid(x) end) from unnest(p.polroles) x),
                     'applies', 0 = any (p.polroles) or exists (select from unnest(p.polroles) x where x <> 0 and pg_catalog.pg_has_role(r.oid, x, 'USAGE')),
                     'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
                     'reads', (select jsonb_agg(distinct d.refobjid::int8) from pg_catalog.pg_depend d
                               join pg_catalog.pg_class s on s.oid = d.refobjid and s.relkind in ('r', 'p', 'v', 'm', 'f')
                               where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = p.oid
                                 and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> p.polrelid),
                     'calls', (select jsonb_agg(distinct d.refobjid::int8) from pg_catalog.pg_depend d
                               where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = p.oid
                                 and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass)) order by p.polname)
                 from pg_catalog.pg_policy p where p.polrelid = c.oid))
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join pg_catalog.pg_roles r
where c.oid = $oid and r.rolname = $role
