-- The new row has to have the role that the old one had; a helper looks it up past the policies.
-- style: supabase; secure
create table people (id uuid primary key references auth.users (id), bio text, is_admin boolean not null default false);
create table case_files (id bigint generated always as identity primary key, person_id uuid not null references auth.users (id), body text not null);
create function i_am_admin() returns boolean language sql stable security definer set search_path = '' as
    $$ select coalesce((select p.is_admin from public.people p where p.id = auth.uid()), false) $$;
alter table people enable row level security;
alter table case_files enable row level security;
create policy people_read on people for select to authenticated using (id = auth.uid());
create policy people_edit on people for update to authenticated using (id = auth.uid()) with check (id = auth.uid() and is_admin = i_am_admin());
create policy files_read on case_files for select to authenticated using (person_id = auth.uid() or i_am_admin());
grant select, update on people to authenticated;
grant select on case_files to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into people (id) values (:'owner'), (:'outsider');
insert into case_files (person_id, body) values (:'owner', 'Closed');
-- ## expect select public.case_files outsider denied
update people set is_admin = true where id = :'outsider';
select from case_files where person_id = :'owner'
-- ## expect update public.people outsider denied
update people set bio = 'x' where id = :'owner'
-- ## expect update public.people owner allowed
update people set bio = 'x' where id = :'owner'
