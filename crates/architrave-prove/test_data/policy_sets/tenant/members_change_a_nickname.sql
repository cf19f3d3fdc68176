-- The same policy, but the privilege is on one column only: team and user cannot be written.
-- style: supabase; secure
create table troupes (id uuid primary key default gen_random_uuid(), title text not null);
create table troupe_members (
    id bigint generated always as identity primary key,
    troupe_id uuid not null references troupes (id),
    user_id uuid not null references auth.users (id),
    nickname text,
    unique (troupe_id, user_id)
);
create table plays (id bigint generated always as identity primary key, troupe_id uuid not null references troupes (id), script text not null);
alter table troupes enable row level security;
alter table troupe_members enable row level security;
alter table plays enable row level security;
create policy troupes_read on troupes for select to authenticated using (exists (select 1 from troupe_members m where m.troupe_id = troupes.id and m.user_id = auth.uid()));
create policy members_read on troupe_members for select to authenticated using (user_id = auth.uid());
create policy members_edit on troupe_members for update to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy plays_read on plays for select to authenticated using (troupe_id in (select m.troupe_id from troupe_members m where m.user_id = auth.uid()));
grant select on troupes, troupe_members, plays to authenticated;
grant update (nickname) on troupe_members to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into troupes values (:'tenant', 'Ours'), (:'other', 'Theirs');
insert into troupe_members (troupe_id, user_id) values (:'tenant', :'owner'), (:'other', :'outsider');
insert into plays (troupe_id, script) values (:'tenant', 'Act one');
-- ## expect select public.plays outsider denied
update troupe_members set troupe_id = :'tenant' where user_id = :'outsider';
select from plays where troupe_id = :'tenant'
-- ## expect update public.troupe_members outsider denied
update troupe_members set troupe_id = :'tenant' where user_id = :'outsider'
-- ## expect select public.troupe_members outsider denied
select from troupe_members where user_id = :'owner'
