-- What the second session is asked: who could read and write these tables now. Partitioned parents count with their partitions, as a query without a
-- key for pruning finds them.
create or replace function architrave_replay.who_waits(asked oid[]) returns table (relation oid, reads boolean, writes boolean)
language plpgsql set search_path = pg_catalog as $$
begin
    for relation in
        select u.oid from unnest(asked) u (oid)
        union select a.relid::oid from unnest(asked) u (oid), pg_partition_ancestors(u.oid) a where a.relid is not null
    loop
        begin
            execute format('lock table %s in access share mode nowait', relation::regclass);
            reads := false;
        exception when lock_not_available then reads := true;
        end;
        begin
            execute format('lock table %s in row exclusive mode nowait', relation::regclass);
            writes := false;
        exception when lock_not_available then writes := true;
        end;
        return next;
    end loop;
exception when undefined_table or wrong_object_type or syntax_error then return;
end
$$;

-- The older transaction that keeps a statement waiting: it locks every table that nobody else has.
create or replace function architrave_replay.stay_in_the_way(mode text) returns void
language plpgsql set search_path = pg_catalog as $$
declare
    here regclass;
begin
    for here in select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'architrave_replay')
                order by c.oid
    loop
        begin
            execute format('lock table only %s in %s mode nowait', here, mode);
        exception when lock_not_available then null;
        end;
    end loop;
end
$$;
