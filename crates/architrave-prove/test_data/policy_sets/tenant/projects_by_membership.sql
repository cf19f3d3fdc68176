-- Projects of a team: every member reads and writes, asked of the membership table per row.
-- style: supabase; secure
create table teams (id uuid primary key default gen_random_uuid(), title text not null);
create table team_members (
    team_id uuid not null references teams (id) on delete cascade,
    user_id uuid not null references auth.users (id) on delete cascade,
    role text not null default 'member' check (role in ('owner', 'member')),
    primary key (team_id, user_id)
);
create table projects (id bigint generated always as identity primary key, team_id uuid not null references teams (id), title text not null);
alter table teams enable row level security;
alter table team_members enable row level security;
alter table projects enable row level security;
create policy members_see_themselves on team_members for select to authenticated using (user_id = (select auth.uid()));
create policy teams_read on teams for select to authenticated
    using (exists (select 1 from team_members m where m.team_id = teams.id and m.user_id = (select auth.uid())));
create policy projects_all on projects for all to authenticated
    using (exists (select 1 from team_members m where m.team_id = projects.team_id and m.user_id = (select auth.uid())))
    with check (exists (select 1 from team_members m where m.team_id = projects.team_id and m.user_id = (select auth.uid())));
grant select on teams, team_members to authenticated;
grant select, insert, update, delete on projects to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'member', 'cyd@example.com'), (:'outsider', 'bob@example.com');
insert into teams values (:'tenant', 'Ours'), (:'other', 'Theirs');
insert into team_members values (:'tenant', :'owner', 'owner'), (:'tenant', :'member', 'member'), (:'other', :'outsider', 'owner');
insert into projects (team_id, title) values (:'tenant', 'Bridge'), (:'other', 'Tower');
-- ## expect select public.projects outsider denied
select from projects where team_id = :'tenant'
-- ## expect select public.projects member allowed
select from projects where team_id = :'tenant'
-- ## expect update public.projects outsider denied
update projects set team_id = :'tenant' where team_id = :'other'
-- ## expect insert public.projects outsider denied|allowed
insert into projects (team_id, title) values (:'tenant', 'Forged')
-- ## expect select public.team_members outsider denied
select from team_members where team_id = :'tenant'
-- ## expect select public.teams outsider denied
select from teams where id = :'tenant'
