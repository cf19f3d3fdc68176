-- Profiles are public on purpose, and written by their own user only.
-- style: supabase; secure
create table profiles (
    id uuid primary key references auth.users (id) on delete cascade,
    username text unique check (char_length(username) >= 3),
    avatar_url text
);
alter table profiles enable row level security;
create policy "Public profiles are viewable by everyone." on profiles for select using (true);
create policy "Users can insert their own profile." on profiles for insert with check ((select auth.uid()) = id);
create policy "Users can update own profile." on profiles for update using ((select auth.uid()) = id);
grant select on profiles to anon;
grant select, insert, update on profiles to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into profiles (id, username) values (:'owner', 'ada');
-- ## expect select public.profiles outsider open|allowed
select from profiles where id = :'owner'
-- ## expect select public.profiles anonymous open|allowed
select from profiles where id = :'owner'
-- ## expect update public.profiles outsider denied
update profiles set username = 'eve' where id = :'owner'
-- ## expect update public.profiles owner allowed
update profiles set username = 'ada_l' where id = :'owner'
