-- Societies, their members, and who everybody is.

create schema private;
grant usage on schema private to authenticated, service_role;

-- The platform hands these out with every new table; none of the API's requests needs them.
alter default privileges in schema public revoke truncate, references, trigger on tables from anon, authenticated;

create type public.member_role as enum ('chair', 'treasurer', 'gardener');

create table public.profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  display_name text not null check (char_length(display_name) between 2 and 60),
  phone text,
  platform_role text not null default 'gardener' check (platform_role in ('gardener', 'auditor')),
  created_at timestamptz not null default now()
);
comment on table public.profiles is 'What a user says about himself. Auditors of the umbrella organisation see the dues of all societies.';

create table public.societies (
  id uuid primary key default gen_random_uuid(),
  title text not null,
  town text not null,
  created_at timestamptz not null default now()
);

create table public.society_members (
  society_id uuid not null references public.societies (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  role public.member_role not null default 'gardener',
  joined_on date not null default current_date,
  primary key (society_id, user_id)
);
create index society_members_user_id_idx on public.society_members (user_id);

-- The societies of whoever asks. Definer rights, so that the members' own policy does not ask itself.
create function private.my_societies() returns setof uuid
language sql stable security definer set search_path = '' as $$
  select society_id from public.society_members where user_id = (select auth.uid())
$$;

-- The societies that whoever asks runs.
create function private.my_chairs() returns setof uuid
language sql stable security definer set search_path = '' as $$
  select society_id from public.society_members where user_id = (select auth.uid()) and role in ('chair', 'treasurer')
$$;

alter table public.profiles enable row level security;
alter table public.societies enable row level security;
alter table public.society_members enable row level security;

create policy "users read their own profile" on public.profiles
  for select to authenticated using (id = (select auth.uid()));
create policy "users edit their own profile" on public.profiles
  for update to authenticated using (id = (select auth.uid())) with check (id = (select auth.uid()));

create policy "members see their society" on public.societies
  for select to authenticated using (id = any (array(select private.my_societies())));
create policy "members see each other" on public.society_members
  for select to authenticated using (society_id = any (array(select private.my_societies())));
create policy "the board admits members" on public.society_members
  for insert to authenticated with check (society_id = any (array(select private.my_chairs())));
create policy "the board lets members go" on public.society_members
  for delete to authenticated using (society_id = any (array(select private.my_chairs())));

grant select, update on public.profiles to authenticated;
grant select on public.societies to authenticated;
grant select, insert, delete on public.society_members to authenticated;
grant all on public.profiles, public.societies, public.society_members to service_role;
