-- The foreign key carries the tenant, so that a row cannot point into another tenant whatever the policy forgets.
-- style: supabase; secure
create table agencies (id uuid primary key default gen_random_uuid(), title text not null);
create table agents (agency_id uuid not null references agencies (id), user_id uuid not null references auth.users (id), primary key (agency_id, user_id));
create table estates (agency_id uuid not null references agencies (id), id integer not null, address text not null, primary key (agency_id, id));
create table viewings (
    agency_id uuid not null, id integer not null, estate_id integer not null, visitor text not null,
    primary key (agency_id, id),
    foreign key (agency_id, estate_id) references estates (agency_id, id) on delete cascade
);
alter table agencies enable row level security;
alter table agents enable row level security;
alter table estates enable row level security;
alter table viewings enable row level security;
create policy agencies_read on agencies for select to authenticated using (exists (select 1 from agents a where a.agency_id = agencies.id and a.user_id = auth.uid()));
create policy agents_read on agents for select to authenticated using (user_id = auth.uid());
create policy estates_all on estates for all to authenticated using (exists (select 1 from agents a where a.agency_id = estates.agency_id and a.user_id = auth.uid()));
create policy viewings_all on viewings for all to authenticated using (exists (select 1 from agents a where a.agency_id = viewings.agency_id and a.user_id = auth.uid()));
grant select on agencies, agents to authenticated;
grant select, insert, update, delete on estates, viewings to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into agencies values (:'tenant', 'A'), (:'other', 'B');
insert into agents values (:'tenant', :'owner'), (:'other', :'outsider');
insert into estates values (:'tenant', 7, 'Here'), (:'other', 8, 'There');
insert into viewings values (:'tenant', 1, 7, 'Ms X'), (:'other', 1, 8, 'Mr Y');
-- ## expect insert public.viewings outsider denied|allowed
insert into viewings values (:'other', 2, 7, 'Spy')
-- ## expect select public.viewings outsider denied
select from viewings where agency_id = :'tenant'
-- ## expect update public.estates outsider denied
update estates set agency_id = :'tenant' where agency_id = :'other'
-- ## expect delete public.estates outsider denied
delete from estates where agency_id = :'tenant'
