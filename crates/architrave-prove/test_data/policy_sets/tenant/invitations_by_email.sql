-- An invitation names an address, members of the firm write it, and the token's address has to match.
-- style: supabase; secure
-- claims owner: "email":"ada@example.com"
-- claims member: "email":"cyd@example.com"
-- claims outsider: "email":"bob@example.com"
create table studios (id uuid primary key default gen_random_uuid(), title text not null);
create table studio_members (studio_id uuid not null references studios (id), user_id uuid not null references auth.users (id), primary key (studio_id, user_id));
create table studio_invitations (
    studio_id uuid not null references studios (id),
    email text not null check (email = lower(email)),
    primary key (studio_id, email)
);
create table paintings (id bigint generated always as identity primary key, studio_id uuid not null references studios (id), title text not null);
create function in_studio(studio uuid) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.studio_members m where m.studio_id = studio and m.user_id = auth.uid()) $$;
alter table studios enable row level security;
alter table studio_members enable row level security;
alter table studio_invitations enable row level security;
alter table paintings enable row level security;
create policy studios_read on studios for select to authenticated using (in_studio(id));
create policy members_read on studio_members for select to authenticated using (in_studio(studio_id));
create policy members_accept on studio_members for insert to authenticated with check (
    user_id = auth.uid()
    and exists (select 1 from studio_invitations i where i.studio_id = studio_members.studio_id and i.email = auth.jwt() ->> 'email'));
create policy invitations_read on studio_invitations for select to authenticated using (in_studio(studio_id) or email = auth.jwt() ->> 'email');
create policy invitations_send on studio_invitations for insert to authenticated with check (in_studio(studio_id));
create policy paintings_read on paintings for select to authenticated using (in_studio(studio_id));
grant select on studios, paintings to authenticated;
grant select, insert on studio_members, studio_invitations to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'member', 'cyd@example.com'), (:'outsider', 'bob@example.com');
insert into studios values (:'tenant', 'Ours'), (:'other', 'Theirs');
insert into studio_members values (:'tenant', :'owner'), (:'tenant', :'member'), (:'other', :'outsider');
insert into paintings (studio_id, title) values (:'tenant', 'Boats');
-- ## expect insert public.studio_members outsider denied|allowed
insert into studio_members values (:'tenant', :'outsider')
-- ## expect insert public.studio_invitations outsider denied|allowed
insert into studio_invitations values (:'tenant', 'bob@example.com')
-- ## expect select public.paintings outsider denied
select from paintings where studio_id = :'tenant'
-- ## expect select public.paintings member allowed
select from paintings where studio_id = :'tenant'
