-- What a duty may is in tables, and nobody asks in which crew it is held: a captain may everything everywhere.
-- style: supabase; hole
create table crews (id uuid primary key default gen_random_uuid(), founder_id uuid not null references auth.users (id), title text not null);
create table crew_members (crew_id uuid not null references crews (id), user_id uuid not null references auth.users (id), primary key (crew_id, user_id));
create table duties (id integer primary key, name text not null unique);
create table powers (id integer generated always as identity primary key, name text not null unique check (name ~ '^[a-z]+\.[a-z]+$'));
create table duty_powers (duty_id integer not null references duties (id), power_id integer not null references powers (id), primary key (duty_id, power_id));
create table assignments (
    id bigint generated always as identity primary key, crew_id uuid not null references crews (id), holder_kind text not null check (holder_kind in ('key', 'person')),
    holder_id uuid not null, duty_id integer not null references duties (id)
);
insert into duties values (1, 'captain'), (2, 'deckhand');
create function crew_founded() returns trigger language plpgsql security definer set search_path = '' as
    $$ begin insert into public.assignments (crew_id, holder_kind, holder_id, duty_id) values (new.id, 'person', new.founder_id, 1); return new; end $$;
create trigger crew_founded after insert on crews for each row execute function crew_founded();
create function may_in_crew(p_crew uuid, p_power text) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.assignments a join public.duty_powers d on d.duty_id = a.duty_id join public.powers p on p.id = d.power_id
        where a.holder_kind = 'person' and a.holder_id = auth.uid() and p.name = p_power) $$;
create function logbook_of(p_crew uuid) returns setof text language plpgsql stable security definer set search_path = '' as
    $$ begin if not public.may_in_crew(p_crew, 'logbook.read') then raise exception 'NOT_YOURS'; end if;
        return query select l.entry from public.logbook l where l.crew_id = p_crew; end $$;
create table logbook (id integer primary key, crew_id uuid not null references crews (id), entry text not null);
alter table crews enable row level security;
alter table crew_members enable row level security;
alter table duties enable row level security;
alter table powers enable row level security;
alter table duty_powers enable row level security;
alter table assignments enable row level security;
alter table logbook enable row level security;
create policy crews_read on crews for select to authenticated using (may_in_crew(id, 'crew.read'));
create policy members_read on crew_members for select to authenticated using (user_id = auth.uid());
create policy logbook_read on logbook for select to authenticated using (may_in_crew(crew_id, 'logbook.read'));
create policy logbook_write on logbook for insert to authenticated with check (may_in_crew(crew_id, 'logbook.write'));
grant select on crews, crew_members to authenticated;
grant select, insert on logbook to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into crews values (:'tenant', :'owner', 'A'), (:'other', :'outsider', 'B');
insert into crew_members values (:'tenant', :'owner'), (:'other', :'outsider');
insert into powers (name) values ('crew.read'), ('logbook.read'), ('logbook.write');
insert into duty_powers select 1, id from powers;
insert into logbook values (1, :'tenant', 'Fog all day');
-- ## expect select public.logbook outsider leak
select from logbook where crew_id = :'tenant'
-- ## expect execute public.logbook_of(uuid) outsider leak
select from logbook_of(:'tenant')
-- ## expect insert public.logbook outsider leak
insert into logbook values (9, :'tenant', 'Spy')
-- ## expect select public.crew_members outsider denied
select from crew_members where user_id = :'owner'
-- ## expect select public.crews outsider leak
select from crews where id = :'tenant'
