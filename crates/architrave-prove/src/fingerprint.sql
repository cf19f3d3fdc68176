-- One line for each object of the scripts' own, without object ids, and their digest. Finer than the comparison of catalogues: equal digests are
-- equal catalogues, different ones are looked at. Markers `--@ >=15` name the majors that a line is for.
with own as materialized (
    select n.oid, n.nspname from pg_namespace n
    where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'architrave_replay')
),
member as materialized (select d.classid, d.objid from pg_depend d where d.deptype = 'e'),
relation as materialized (
    select c.*, quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
    from pg_class c join own n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c', 'i', 'I')
      and not exists (select from member m where m.classid = 'pg_class'::regclass and m.objid = c.oid)
),
attribute as materialized (
    select r.oid as relation, r.name as table_name, r.relkind, a.*
    from relation r join pg_attribute a on a.attrelid = r.oid
    where a.attnum > 0 and not a.attisdropped and r.relkind not in ('i', 'I', 'S')
),
fact as (
    select row('schema', n.nspname, s.nspowner::regrole, coalesce(s.nspacl, acldefault('n', s.nspowner)))::text as line
    from own n join pg_namespace s on s.oid = n.oid
    union all
    select row('relation', r.name, r.relkind, r.relpersistence, r.relowner::regrole, coalesce(r.relacl, acldefault(case r.relkind when 'S' then 's' else 'r' end::"char", r.relowner)),
               r.relrowsecurity, r.relforcerowsecurity, r.relreplident, r.reloptions, pg_get_expr(r.relpartbound, r.oid),
               case r.relkind when 'p' then pg_get_partkeydef(r.oid) end,
               (select string_agg(i.inhparent::regclass::text, ',' order by i.inhseqno) from pg_inherits i where i.inhrelid = r.oid))::text
    from relation r where r.relkind not in ('i', 'I')
    union all
    select row('column', a.table_name, a.attname, case a.relkind when 'c' then a.attnum end, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
               a.attgenerated, (select quote_ident(l.collname) || l.collnamespace::regnamespace::text from pg_collation l where l.oid = a.attcollation),
               a.attstorage, coalesce(a.attstattarget, -1), a.attacl, pg_get_expr(d.adbin, d.adrelid))::text
    from attribute a left join pg_attrdef d on d.adrelid = a.relation and d.adnum = a.attnum and a.relkind <> 'v'
    union all
    select row('index', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready, i.indisreplident, i.indisclustered)::text
    from pg_index i join relation r on r.oid = i.indexrelid
    union all
    select row('constraint', k.conname, k.conrelid::regclass, k.contypid::regtype, pg_get_constraintdef(k.oid), k.convalidated)::text
    from pg_constraint k join own n on n.oid = k.connamespace
    union all
    select row('trigger', pg_get_triggerdef(t.oid), t.tgenabled)::text
    from pg_trigger t join relation r on r.oid = t.tgrelid where not t.tgisinternal
    union all
    select row('policy', p.polname, r.name, p.polcmd, p.polpermissive, p.polroles::regrole[], pg_get_expr(p.polqual, p.polrelid),
               pg_get_expr(p.polwithcheck, p.polrelid))::text
    from pg_policy p join relation r on r.oid = p.polrelid
    union all
    select row('rule', w.rulename, r.name, w.ev_enabled, pg_get_ruledef(w.oid))::text
    from pg_rewrite w join relation r on r.oid = w.ev_class
    union all
    select row('statistics', s.stxname, s.stxrelid::regclass, pg_get_statisticsobjdef(s.oid))::text
    from pg_statistic_ext s join own n on n.oid = s.stxnamespace
    union all
    select row('sequence', r.name, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle,
               (select string_agg(d.refobjid::regclass::text || '.' || a.attname, ',') from pg_depend d
                join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
                where d.classid = 'pg_class'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')))::text
    from pg_sequence s join relation r on r.oid = s.seqrelid
    union all
    select row('type', t.oid::regtype, t.typtype, t.typowner::regrole, coalesce(t.typacl, acldefault('T', t.typowner)), t.typnotnull, t.typdefault,
               format_type(nullif(t.typbasetype, 0), t.typtypmod), g.rngsubtype::regtype,
               case t.typtype when 'e' then (select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) end)::text
    from pg_type t join own n on n.oid = t.typnamespace left join pg_range g on g.rngtypid = t.oid
    where (t.typrelid = 0 or exists (select from relation r where r.oid = t.typrelid and r.relkind = 'c')) and t.typelem = 0
      and not exists (select from member m where m.classid = 'pg_type'::regclass and m.objid = t.oid)
    union all
    select row('function', f.oid::regprocedure, f.prokind, f.proowner::regrole, coalesce(f.proacl, acldefault('f', f.proowner)),
               case when f.prokind = 'a' then f.prosrc else pg_get_functiondef(f.oid) end)::text
    from pg_proc f join own n on n.oid = f.pronamespace
    where not exists (select from member m where m.classid = 'pg_proc'::regclass and m.objid = f.oid)
    union all
    select row('comment', pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description)::text
    from pg_description d where d.objoid >= 16384 or d.classoid = 'pg_namespace'::regclass
    union all
    select row('extension', e.extname, e.extnamespace::regnamespace, e.extversion)::text from pg_extension e
    union all
    select row('event trigger', e.evtname, e.evtevent, e.evtfoid::regproc, e.evtenabled, e.evttags)::text from pg_event_trigger e
    union all
    select row('publication', p.pubname, p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
               (select string_agg(l.prrelid::regclass::text, ',' order by l.prrelid::regclass::text) from pg_publication_rel l where l.prpubid = p.oid))::text
    from pg_publication p
    union all
    select row('published schema', p.pnpubid, p.pnnspid::regnamespace)::text from pg_publication_namespace p --@ >=15
    union all --@ >=15
    select row('default privileges', d.defaclrole::regrole, d.defaclnamespace::regnamespace, d.defaclobjtype, d.defaclacl)::text from pg_default_acl d
),
principal as (
    select row('role', r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls)::text as line
    from pg_roles r
    union all
    select row('member', m.roleid::regrole, m.member::regrole, m.admin_option)::text from pg_auth_members m
),
data as (
    select 't' || r.oid::text || ' table ' || r.name as line from relation r where r.relkind in ('r', 'p')
    union all
    select 'c' || a.relation::text || '.' || a.attnum::text || ' column ' || a.table_name || '.' || quote_ident(a.attname)
    from attribute a where a.relkind in ('r', 'p')
    union all
    select 'e' || e.oid::text || ' value ' || quote_literal(e.enumlabel) || ' of ' || e.enumtypid::regtype::text
    from pg_enum e join pg_type t on t.oid = e.enumtypid join own n on n.oid = t.typnamespace
)
select (select md5(string_agg(f.line, chr(10) order by f.line collate "C")) from fact f) as facts,
       (select md5(string_agg(p.line, chr(10) order by p.line collate "C")) from principal p) as roles,
       (select md5(string_agg(a.table_name || '.' || a.attname, chr(10) order by a.table_name collate "C", a.attnum)) from attribute a) as columns,
       (select string_agg(d.line, chr(10) order by d.line collate "C") from data d) as data
