-- Constraints of tables and domains. Constraint triggers are triggers; a named NOT NULL (18) stays only when it says more than its
-- column. A foreign key that references a partitioned table has one copy per partition of it: only the declared one counts.
select con.conrelid::int8 as belongs_to, con.contypid::int8 as domain,
    con.conname as name,
    case con.contype
        when 'p' then '"primary_key"'::json
        when 'u' then '"unique"'::json
        when 'f' then '"foreign_key"'::json
        when 'c' then '"check"'::json
        when 'x' then '"exclusion"'::json
        when 'n' then '"not_null"'::json
        else json_build_object('other', con.contype)
    end as kind,
    coalesce(con.conkey, '{}') as column_numbers,
    con.confrelid::int8 as referenced_oid,
    case when con.contype = 'f' then json_build_object('schema', rn.nspname, 'name', rc.relname) end as referenced_table,
    con.confkey as referenced_numbers,
    case when con.contype = 'f' and not :user_schema(rn) then (
        select json_agg(a.attname order by k.ord)
        from unnest(con.confkey) with ordinality k (attnum, ord)
        join pg_catalog.pg_attribute a on a.attrelid = con.confrelid and a.attnum = k.attnum
    ) end as referenced_names,
    con.confupdtype as on_update, con.confdeltype as on_delete, con.confmatchtype as match_type,
    case when con.contype <> 'c' then null
        when con.conrelid = 0 then pg_get_expr(con.conbin, 0)
        when :openable(con.conrelid) then pg_get_expr(con.conbin, con.conrelid)
    end as expression,
    case when con.conrelid = 0 or (con.contype in ('p', 'u', 'f') and :alive(con.conrelid)
            and (con.conindid = 0 or :alive(con.conindid)) and (con.confrelid = 0 or :alive(con.confrelid)))
            or (con.contype not in ('p', 'u', 'f') and :openable(con.conrelid))
        then coalesce(pg_get_constraintdef(con.oid), '') else ''
    end as definition,
    con.convalidated as validated,
    con.conenforced as enforced, --@ >=18
    con.condeferrable as deferrable, con.condeferred as deferred,
    con.contype in ('c', 'n') and con.connoinherit as no_inherit,
    not con.conislocal as inherited,
    case when con.contype in ('p', 'u', 'x') then ic.relname end as index,
    d.description as comment
from pg_catalog.pg_constraint con
join pg_catalog.pg_namespace n on n.oid = con.connamespace
left join pg_catalog.pg_constraint up on up.oid = con.conparentid
left join pg_catalog.pg_class rc on rc.oid = con.confrelid
left join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace
left join pg_catalog.pg_class ic on ic.oid = con.conindid
left join pg_catalog.pg_description d on d.objoid = con.oid and d.classoid = 'pg_catalog.pg_constraint'::regclass and d.objsubid = 0
where con.contype <> 't' and :user_schema(n) and (con.conrelid = 0 or :relation(con.conrelid))
    and (con.contype <> 'f' or up.oid is null or up.conrelid <> con.conrelid)
    and (con.contype <> 'n' or (con.conrelid <> 0 and (not con.convalidated or con.connoinherit))) --@ >=18
    and con.contype <> 'n' --@ <18
