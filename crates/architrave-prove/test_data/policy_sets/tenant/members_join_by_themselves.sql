-- The join table checks that one adds oneself, and not to what: join any team, then read it.
-- style: supabase; hole
create table crews (id uuid primary key default gen_random_uuid(), title text not null);
create table crew_members (crew_id uuid not null references crews (id), user_id uuid not null references auth.users (id), primary key (crew_id, user_id));
create table voyages (id bigint generated always as identity primary key, crew_id uuid not null references crews (id), route text not null);
alter table crews enable row level security;
alter table crew_members enable row level security;
alter table voyages enable row level security;
create policy crews_read on crews for select to authenticated
    using (exists (select 1 from crew_members m where m.crew_id = crews.id and m.user_id = auth.uid()));
create policy members_read on crew_members for select to authenticated using (user_id = auth.uid());
create policy members_join on crew_members for insert to authenticated with check (user_id = auth.uid());
create policy voyages_read on voyages for select to authenticated
    using (exists (select 1 from crew_members m where m.crew_id = voyages.crew_id and m.user_id = auth.uid()));
grant select on crews, voyages to authenticated;
grant select, insert on crew_members to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into crews values (:'tenant', 'Aurora'), (:'other', 'Borealis');
insert into crew_members values (:'tenant', :'owner'), (:'other', :'outsider');
insert into voyages (crew_id, route) values (:'tenant', 'North');
-- ## expect select public.voyages outsider leak
insert into crew_members values (:'tenant', :'outsider');
select from voyages where crew_id = :'tenant'
-- ## expect insert public.crew_members outsider leak
insert into crew_members values (:'tenant', :'outsider')
-- ## expect select public.voyages anonymous denied
select from voyages where crew_id = :'tenant'
-- ## expect select public.crews outsider leak
insert into crew_members values (:'tenant', :'outsider');
select from crews where id = :'tenant'
