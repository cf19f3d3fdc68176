-- The helper takes the team and never looks at it: a member of any team is a member of all.
-- style: supabase; hole
create table farms (id uuid primary key default gen_random_uuid(), title text not null);
create table farm_members (farm_id uuid not null references farms (id), user_id uuid not null references auth.users (id), primary key (farm_id, user_id));
create table harvests (id bigint generated always as identity primary key, farm_id uuid not null references farms (id), kilos numeric(10,1) not null);
create function is_farmer(farm uuid) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.farm_members m where m.user_id = auth.uid()) $$;
alter table farms enable row level security;
alter table farm_members enable row level security;
alter table harvests enable row level security;
create policy farms_read on farms for select to authenticated using (exists (select 1 from farm_members m where m.farm_id = farms.id and m.user_id = auth.uid()));
create policy members_read on farm_members for select to authenticated using (user_id = auth.uid());
create policy harvests_all on harvests for all to authenticated using (is_farmer(farm_id)) with check (is_farmer(farm_id));
grant select on farms, farm_members to authenticated;
grant select, insert, update, delete on harvests to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into farms values (:'tenant', 'Ours'), (:'other', 'Theirs');
insert into farm_members values (:'tenant', :'owner'), (:'other', :'outsider');
insert into harvests (farm_id, kilos) values (:'tenant', 10);
-- ## expect select public.harvests outsider leak
select from harvests where farm_id = :'tenant'
-- ## expect update public.harvests outsider leak
update harvests set kilos = 0 where farm_id = :'tenant'
-- ## expect insert public.harvests outsider leak
insert into harvests (farm_id, kilos) values (:'tenant', 1)
-- ## expect select public.farms outsider denied
select from farms where id = :'tenant'
