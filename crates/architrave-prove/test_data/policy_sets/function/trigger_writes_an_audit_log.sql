-- A trigger with the rights of its owner writes a log that the API cannot read.
-- style: supabase; secure
create table thermostats (id integer primary key, user_id uuid not null references auth.users (id), celsius numeric(3,1) not null check (celsius between 5 and 30));
create schema audit;
create table audit.log (id bigint generated always as identity primary key, at timestamptz not null default now(), who uuid, row_data jsonb not null);
create function audit.note() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into audit.log (who, row_data) values (auth.uid(), to_jsonb(new));
    return new;
end $$;
create trigger note after insert or update on thermostats for each row execute function audit.note();
alter table thermostats enable row level security;
alter table audit.log enable row level security;
create policy thermostats_own on thermostats for all to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete on thermostats to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into thermostats values (1, :'owner', 20);
-- ## expect select public.thermostats outsider denied
select from thermostats where user_id = :'owner'
-- ## expect update public.thermostats outsider denied
update thermostats set celsius = 5 where id = 1
