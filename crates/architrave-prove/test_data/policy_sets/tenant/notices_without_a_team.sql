-- A notice without a team is for everybody who is signed in; a team's notices are its own.
-- style: supabase; secure
create table houses (id uuid primary key default gen_random_uuid(), street text not null);
create table tenants_of_houses (house_id uuid not null references houses (id), user_id uuid not null references auth.users (id), primary key (house_id, user_id));
create table notices (id bigint generated always as identity primary key, house_id uuid references houses (id), body text not null);
alter table houses enable row level security;
alter table tenants_of_houses enable row level security;
alter table notices enable row level security;
create policy houses_read on houses for select to authenticated using (exists (select 1 from tenants_of_houses t where t.house_id = houses.id and t.user_id = auth.uid()));
create policy tenants_read on tenants_of_houses for select to authenticated using (user_id = auth.uid());
create policy notices_read on notices for select to authenticated
    using (house_id is null or exists (select 1 from tenants_of_houses t where t.house_id = notices.house_id and t.user_id = auth.uid()));
create policy notices_add on notices for insert to authenticated
    with check (exists (select 1 from tenants_of_houses t where t.house_id = notices.house_id and t.user_id = auth.uid()));
grant select on houses, tenants_of_houses to authenticated;
grant select, insert on notices to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into houses values (:'tenant', 'A'), (:'other', 'B');
insert into tenants_of_houses values (:'tenant', :'owner'), (:'other', :'outsider');
insert into notices (house_id, body) values (null, 'Welcome'), (:'tenant', 'Water off');
-- ## expect select public.notices outsider denied
select from notices where house_id = :'tenant'
-- ## expect insert public.notices outsider denied|allowed
insert into notices (house_id, body) values (:'tenant', 'x')
-- ## expect select public.notices owner allowed
select from notices where house_id = :'tenant'
