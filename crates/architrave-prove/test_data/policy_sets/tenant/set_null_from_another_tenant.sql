-- A delivery may name any driver's route; whoever drew the route deletes it, and the deliveries of another firm have none any more.
-- style: supabase; hole
create table firms (id uuid primary key default gen_random_uuid(), title text not null);
create table drivers (firm_id uuid not null references firms (id), user_id uuid not null references auth.users (id), primary key (firm_id, user_id));
create table routes (id integer primary key, drawn_by uuid not null references auth.users (id), roads text not null);
create table deliveries (id integer primary key, firm_id uuid not null references firms (id), route_id integer references routes (id) on delete set null, goods text not null);
alter table firms enable row level security;
alter table drivers enable row level security;
alter table routes enable row level security;
alter table deliveries enable row level security;
create policy drivers_read on drivers for select to authenticated using (user_id = auth.uid());
create policy firms_read on firms for select to authenticated using (id in (select d.firm_id from drivers d where d.user_id = auth.uid()));
create policy routes_read on routes for select to authenticated using (true);
create policy routes_own on routes for all to authenticated using (drawn_by = auth.uid()) with check (drawn_by = auth.uid());
create policy deliveries_all on deliveries for all to authenticated using (firm_id in (select d.firm_id from drivers d where d.user_id = auth.uid()));
grant select on firms, drivers to authenticated;
grant select, insert, update, delete on routes, deliveries to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into firms values (:'tenant', 'A'), (:'other', 'B');
insert into drivers values (:'tenant', :'owner'), (:'other', :'outsider');
insert into routes values (1, :'owner', 'north'), (2, :'outsider', 'south');
insert into deliveries values (1, :'tenant', 2, 'Bricks');
-- ## expect update public.deliveries outsider leak
delete from routes where drawn_by = :'outsider'
-- look
select from deliveries where firm_id = :'tenant' and route_id is null
-- ## expect delete public.deliveries outsider denied
delete from deliveries where firm_id = :'tenant'
-- ## expect select public.deliveries outsider denied
select from deliveries where firm_id = :'tenant'
