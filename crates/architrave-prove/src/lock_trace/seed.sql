-- One row for a table without rows, so that a statement which needs the rows to fit shows it. Only the private server's superuser calls these.
create table if not exists architrave_replay.seeded (relation oid primary key, row_id tid not null, file oid not null);

create or replace function architrave_replay.sample(of_type oid, modifier integer, variant integer) returns text
language plpgsql stable set search_path = pg_catalog as $$
declare
    base oid := of_type;
    length integer := modifier;
    t pg_type;
    literal text;
begin
    loop
        select * into t from pg_type where oid = base;
        exit when t.typtype <> 'd';
        if t.typtypmod >= 0 then length := t.typtypmod; end if;
        base := t.typbasetype;
    end loop;
    if t.typtype = 'e' then
        select quote_literal(enumlabel) into literal from pg_enum where enumtypid = base order by enumsortorder limit 1;
    elsif t.typtype = 'r' then literal := quote_literal('empty');
    elsif t.typtype = 'm' or t.typcategory = 'A' then literal := quote_literal('{}');
    elsif t.typname in ('oid', 'xid', 'cid') then literal := quote_literal('0');
    elsif t.typname ~ '^reg' then literal := quote_literal('-');
    elsif t.typcategory = 'N' then literal := quote_literal((array['7', '1', '0'])[variant]);
    elsif t.typcategory = 'S' then literal := quote_literal((array['abcdefg1', 'a', 'a@example.com'])[variant]);
    elsif t.typcategory = 'B' then literal := quote_literal('true');
    elsif t.typname in ('time', 'timetz') then literal := quote_literal('12:00');
    elsif t.typcategory = 'D' then literal := quote_literal('2020-02-02');
    elsif t.typcategory = 'T' then literal := quote_literal('1 day');
    elsif t.typcategory = 'I' then literal := quote_literal('10.0.0.1');
    elsif t.typcategory = 'V' then literal := quote_literal(repeat('0', case when length > 0 then length else 1 end));
    elsif t.typname = 'uuid' then literal := quote_literal('00000000-0000-4000-8000-000000000001');
    elsif t.typname in ('json', 'jsonb') then literal := quote_literal('{}');
    elsif t.typname = 'bytea' then literal := quote_literal('\x00');
    elsif t.typname in ('macaddr', 'macaddr8') then literal := quote_literal('08:00:2b:01:02:03');
    elsif t.typname in ('tsvector', 'hstore') then literal := quote_literal('');
    elsif t.typname = 'tsquery' then literal := quote_literal('a');
    elsif t.typname = 'point' then literal := quote_literal('(0,0)');
    end if;
    return literal || '::' || format_type(base, length);
end
$$;

create or replace function architrave_replay.seed(target oid) returns text
language plpgsql set search_path = pg_catalog set session_replication_role = replica as $$
declare
    complaint text;
    statement text;
    made tid;
    found_row boolean;
begin
    execute format('select exists (select from only %s)', target::regclass) into found_row;
    if found_row then return null; end if;
    for variant in 1..3 loop
        for fill in 0..1 loop
            select format('insert into %s (%s) overriding system value values (%s) returning ctid', target::regclass,
                          string_agg(quote_ident(a.attname), ', ' order by a.attnum),
                          string_agg(coalesce(architrave_replay.sample(a.atttypid, a.atttypmod, variant), 'default'), ', ' order by a.attnum))
            into statement from pg_attribute a
            where a.attrelid = target and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and (fill = 0 or a.attnotnull);
            if statement is null then
                statement := format('insert into %s default values returning ctid', target::regclass);
            end if;
            begin
                execute statement into made;
                insert into architrave_replay.seeded select target, made, relfilenode from pg_class where oid = target
                on conflict (relation) do update set row_id = excluded.row_id, file = excluded.file;
                return null;
            exception when others then complaint := sqlerrm;
            end;
        end loop;
    end loop;
    return complaint;
end
$$;

-- Takes our rows away again, from within the transaction that stumbles over them.
create or replace function architrave_replay.unseed(targets oid[]) returns void
language plpgsql security definer set search_path = pg_catalog set session_replication_role = replica as $$
declare
    ours architrave_replay.seeded;
    gone bigint;
    rows bigint;
begin
    for ours in select s.* from architrave_replay.seeded s join pg_class c on c.oid = s.relation where s.relation = any (targets) loop
        gone := 0;
        if ours.file = (select relfilenode from pg_class where oid = ours.relation) then
            execute format('delete from only %s where ctid = %L', ours.relation::regclass, ours.row_id);
            get diagnostics gone = row_count;
        end if;
        if gone = 0 then
            execute format('select count(*) from (select from only %s limit 2) r', ours.relation::regclass) into rows;
            if rows = 1 then execute format('delete from only %s', ours.relation::regclass); end if;
        end if;
    end loop;
    delete from architrave_replay.seeded where relation = any (targets);
end
$$;
revoke all on table architrave_replay.seeded from public;
