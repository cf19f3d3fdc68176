-- A permissive policy that lets everything through, and a restrictive one that takes the other tenants away again.
-- style: supabase; secure
create table depots (id uuid primary key default gen_random_uuid(), title text not null);
create table depot_staff (depot_id uuid not null references depots (id), user_id uuid not null references auth.users (id), primary key (depot_id, user_id));
create table pallets (id bigint generated always as identity primary key, depot_id uuid not null references depots (id), label text not null);
alter table depots enable row level security;
alter table depot_staff enable row level security;
alter table pallets enable row level security;
create policy depots_read on depots for select to authenticated using (exists (select 1 from depot_staff s where s.depot_id = depots.id and s.user_id = auth.uid()));
create policy staff_read on depot_staff for select to authenticated using (user_id = auth.uid());
create policy pallets_all on pallets for all to authenticated using (true) with check (true);
create policy pallets_own_depot on pallets as restrictive for all to authenticated
    using (exists (select 1 from depot_staff s where s.depot_id = pallets.depot_id and s.user_id = auth.uid()))
    with check (exists (select 1 from depot_staff s where s.depot_id = pallets.depot_id and s.user_id = auth.uid()));
grant select on depots, depot_staff to authenticated;
grant select, insert, update, delete on pallets to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into depots values (:'tenant', 'A'), (:'other', 'B');
insert into depot_staff values (:'tenant', :'owner'), (:'other', :'outsider');
insert into pallets (depot_id, label) values (:'tenant', 'P1'), (:'other', 'P2');
-- ## expect select public.pallets outsider denied
select from pallets where depot_id = :'tenant'
-- ## expect update public.pallets outsider denied
update pallets set depot_id = :'tenant' where depot_id = :'other'
-- ## expect insert public.pallets outsider denied|allowed
insert into pallets (depot_id, label) values (:'tenant', 'x')
-- ## expect delete public.pallets outsider denied
delete from pallets where depot_id = :'tenant'
-- ## expect select public.pallets owner allowed
select from pallets where depot_id = :'tenant'
