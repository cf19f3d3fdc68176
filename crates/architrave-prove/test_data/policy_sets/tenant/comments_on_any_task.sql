-- A comment has to be one's own, and nobody asks on whose task: rows can be hung into another team's work.
-- style: supabase; hole
create table squads (id uuid primary key default gen_random_uuid(), title text not null);
create table squad_members (squad_id uuid not null references squads (id), user_id uuid not null references auth.users (id), primary key (squad_id, user_id));
create table tasks (id bigint generated always as identity primary key, squad_id uuid not null references squads (id), title text not null);
create table task_comments (id bigint generated always as identity primary key, task_id bigint not null references tasks (id) on delete cascade, author_id uuid not null references auth.users (id), body text not null);
create function in_squad(squad uuid) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.squad_members m where m.squad_id = squad and m.user_id = auth.uid()) $$;
alter table squads enable row level security;
alter table squad_members enable row level security;
alter table tasks enable row level security;
alter table task_comments enable row level security;
create policy squads_read on squads for select to authenticated using (in_squad(id));
create policy members_read on squad_members for select to authenticated using (in_squad(squad_id));
create policy tasks_all on tasks for all to authenticated using (in_squad(squad_id)) with check (in_squad(squad_id));
create policy comments_read on task_comments for select to authenticated using (exists (select 1 from tasks t where t.id = task_id));
create policy comments_add on task_comments for insert to authenticated with check (author_id = auth.uid());
grant select on squads, squad_members to authenticated;
grant select, insert, update, delete on tasks to authenticated;
grant select, insert on task_comments to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into squads values (:'tenant', 'A'), (:'other', 'B');
insert into squad_members values (:'tenant', :'owner'), (:'other', :'outsider');
insert into tasks (squad_id, title) values (:'tenant', 'Ship');
insert into task_comments (task_id, author_id, body) values (1, :'owner', 'Soon');
-- ## expect insert public.task_comments outsider leak
insert into task_comments (task_id, author_id, body) values (1, :'outsider', 'Spam')
-- ## expect select public.task_comments outsider denied
select from task_comments where task_id = 1
-- ## expect select public.tasks outsider denied
select from tasks where squad_id = :'tenant'
