-- Two permissive policies, where the second was meant to narrow the first: they are joined by OR.
-- style: supabase; hole
create table vessels (id uuid primary key default gen_random_uuid(), title text not null);
create table vessel_crew (vessel_id uuid not null references vessels (id), user_id uuid not null references auth.users (id), primary key (vessel_id, user_id));
create table cargo (id bigint generated always as identity primary key, vessel_id uuid not null references vessels (id), contents text not null, hazardous boolean not null default false);
alter table vessels enable row level security;
alter table vessel_crew enable row level security;
alter table cargo enable row level security;
create policy vessels_read on vessels for select to authenticated using (exists (select 1 from vessel_crew c where c.vessel_id = vessels.id and c.user_id = auth.uid()));
create policy crew_read on vessel_crew for select to authenticated using (user_id = auth.uid());
create policy cargo_of_own_vessel on cargo for select to authenticated using (exists (select 1 from vessel_crew c where c.vessel_id = cargo.vessel_id and c.user_id = auth.uid()));
create policy cargo_not_hazardous on cargo for select to authenticated using (not hazardous);
grant select on vessels, vessel_crew, cargo to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into vessels values (:'tenant', 'A'), (:'other', 'B');
insert into vessel_crew values (:'tenant', :'owner'), (:'other', :'outsider');
insert into cargo (vessel_id, contents) values (:'tenant', 'Tea');
-- ## expect select public.cargo outsider leak
select from cargo where vessel_id = :'tenant'
-- ## expect select public.vessels outsider denied
select from vessels where id = :'tenant'
-- ## expect select public.cargo anonymous denied
select from cargo where vessel_id = :'tenant'
