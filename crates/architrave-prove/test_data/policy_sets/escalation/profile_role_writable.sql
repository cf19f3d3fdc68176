-- Users edit their own profile, the column role included, and administrators read everything.
-- style: supabase; hole
create table profiles (id uuid primary key references auth.users (id), display text, role text not null default 'user' check (role in ('user', 'admin')));
create table audit_notes (id bigint generated always as identity primary key, subject_id uuid not null references auth.users (id), note text not null);
alter table profiles enable row level security;
alter table audit_notes enable row level security;
create policy profiles_read on profiles for select to authenticated using (id = auth.uid());
create policy profiles_edit on profiles for update to authenticated using (id = auth.uid()) with check (id = auth.uid());
create policy notes_read on audit_notes for select to authenticated
    using (subject_id = auth.uid() or exists (select 1 from profiles p where p.id = auth.uid() and p.role = 'admin'));
grant select, update on profiles to authenticated;
grant select on audit_notes to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into profiles (id) values (:'owner'), (:'outsider');
insert into audit_notes (subject_id, note) values (:'owner', 'Late twice');
-- ## expect select public.audit_notes outsider leak
update profiles set role = 'admin' where id = :'outsider';
select from audit_notes where subject_id = :'owner'
-- ## expect select public.profiles outsider denied
select from profiles where id = :'owner'
-- ## expect select public.audit_notes anonymous denied
select from audit_notes where subject_id = :'owner'
-- ## expect update public.profiles outsider leak
update profiles set role = 'admin' where id = :'outsider'
