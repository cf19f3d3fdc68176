with seen as (
    select class, object, part, min(statement) as first, max(statement) as last
    from architrave_replay.log where statement >= 0 group by class, object, part
)
select 'column' as kind, n.nspname::text as schema, c.relname::text as "table", a.attname::text as name, s.first, s.last
from seen s join pg_class c on c.oid = s.object join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum = s.part
where s.class = 'pg_class'::regclass and s.part > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'f')
union all
select case c.relkind when 'v' then 'view' when 'm' then 'materialized-view' when 'S' then 'sequence'
                      when 'i' then 'index' when 'I' then 'index' when 'c' then 'type' else 'table' end,
       n.nspname, t.relname, c.relname::text, s.first, s.last
from seen s join pg_class c on c.oid = s.object join pg_namespace n on n.oid = c.relnamespace
left join pg_index i on i.indexrelid = c.oid left join pg_class t on t.oid = i.indrelid
where s.class = 'pg_class'::regclass and s.part = 0
union all
select 'constraint', n.nspname, c.relname, k.conname, s.first, s.last
from seen s join pg_constraint k on k.oid = s.object join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
where s.class = 'pg_constraint'::regclass
union all
select 'index', n.nspname, c.relname, i.relname, s.first, s.last
from seen s join pg_constraint k on k.oid = s.object and k.contype in ('p', 'u', 'x') join pg_class c on c.oid = k.conrelid
join pg_class i on i.oid = k.conindid join pg_namespace n on n.oid = c.relnamespace
where s.class = 'pg_constraint'::regclass
union all
select 'function', n.nspname, null, p.proname::text || '(' || pg_get_function_identity_arguments(p.oid) || ')', s.first, s.last
from seen s join pg_proc p on p.oid = s.object join pg_namespace n on n.oid = p.pronamespace
where s.class = 'pg_proc'::regclass
union all
select 'trigger', n.nspname, c.relname, t.tgname, s.first, s.last
from seen s join pg_trigger t on t.oid = s.object join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
where s.class = 'pg_trigger'::regclass
union all
select 'policy', n.nspname, c.relname, p.polname, s.first, s.last
from seen s join pg_policy p on p.oid = s.object join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
where s.class = 'pg_policy'::regclass
union all
select 'rule', n.nspname, c.relname, r.rulename, s.first, s.last
from seen s join pg_rewrite r on r.oid = s.object join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
where s.class = 'pg_rewrite'::regclass and r.rulename <> '_RETURN'
union all
select 'type', n.nspname, null, t.typname, s.first, s.last
from seen s join pg_type t on t.oid = s.object join pg_namespace n on n.oid = t.typnamespace
where s.class = 'pg_type'::regclass and t.typrelid = 0
union all
select 'schema', null, null, n.nspname, s.first, s.last
from seen s join pg_namespace n on n.oid = s.object
where s.class = 'pg_namespace'::regclass
union all
select 'extension', null, null, e.extname, s.first, s.last
from seen s join pg_extension e on e.oid = s.object
where s.class = 'pg_extension'::regclass
union all
select 'publication', null, null, p.pubname, s.first, s.last
from seen s join pg_publication p on p.oid = s.object
where s.class = 'pg_publication'::regclass
