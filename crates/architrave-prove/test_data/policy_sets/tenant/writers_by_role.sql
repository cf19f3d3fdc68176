-- Every member reads, admins write; the member's role stands in the membership, which nobody writes through the API.
-- style: supabase; secure
create type workspace_role as enum ('owner', 'admin', 'viewer');
create table workspaces (id uuid primary key default gen_random_uuid(), title text not null);
create table workspace_members (workspace_id uuid not null references workspaces (id), user_id uuid not null references auth.users (id), role workspace_role not null default 'viewer', primary key (workspace_id, user_id));
create table dashboards (id bigint generated always as identity primary key, workspace_id uuid not null references workspaces (id), layout jsonb not null default '{}' check (jsonb_typeof(layout) = 'object'));
create function workspace_role_of(workspace uuid) returns workspace_role language sql stable security definer set search_path = '' as
    $$ select m.role from public.workspace_members m where m.workspace_id = workspace and m.user_id = auth.uid() $$;
alter table workspaces enable row level security;
alter table workspace_members enable row level security;
alter table dashboards enable row level security;
create policy workspaces_read on workspaces for select to authenticated using (workspace_role_of(id) is not null);
create policy members_read on workspace_members for select to authenticated using (workspace_role_of(workspace_id) is not null);
create policy dashboards_read on dashboards for select to authenticated using (workspace_role_of(workspace_id) is not null);
create policy dashboards_add on dashboards for insert to authenticated with check (workspace_role_of(workspace_id) in ('owner', 'admin'));
create policy dashboards_edit on dashboards for update to authenticated using (workspace_role_of(workspace_id) in ('owner', 'admin'));
create policy dashboards_drop on dashboards for delete to authenticated using (workspace_role_of(workspace_id) = 'owner');
grant select on workspaces, workspace_members to authenticated;
grant select, insert, update, delete on dashboards to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'member', 'cyd@example.com'), (:'outsider', 'bob@example.com');
insert into workspaces values (:'tenant', 'A'), (:'other', 'B');
insert into workspace_members values (:'tenant', :'owner', 'owner'), (:'tenant', :'member', 'viewer'), (:'other', :'outsider', 'owner');
insert into dashboards (workspace_id) values (:'tenant'), (:'other');
-- ## expect select public.dashboards outsider denied
select from dashboards where workspace_id = :'tenant'
-- ## expect select public.dashboards member allowed
select from dashboards where workspace_id = :'tenant'
-- ## expect delete public.dashboards member denied
delete from dashboards where workspace_id = :'tenant'
-- ## expect update public.dashboards member denied
update dashboards set layout = '{"a": 1}' where workspace_id = :'tenant'
-- ## expect insert public.dashboards outsider denied|allowed
insert into dashboards (workspace_id) values (:'tenant')
-- ## expect update public.dashboards owner allowed
update dashboards set layout = '{"a": 1}' where workspace_id = :'tenant'
