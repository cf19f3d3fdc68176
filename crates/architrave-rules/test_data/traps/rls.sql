-- A notice board: schema board keeps its rows apart by policies that look like faults and are none, schema trap has a policy for each fault. Above each stands
-- what must be found: `-- finds: rule object`. Only the rules on row level security judge it.

create schema board;
comment on schema board is 'Notice board whose policies are sound';
create schema trap;
comment on schema trap is 'Policies with one fault each';

create function board.who() returns text language sql stable set search_path = pg_catalog as $$ select nullif(current_setting('board.who', true), '') $$;
comment on function board.who() is 'Who asks, as the application has set it';

create table board.team (
  team_id bigint primary key,
  owner_name text not null,
  unique (owner_name, team_id)
);
comment on table board.team is 'Teams of one owner each';
alter table board.team enable row level security;
create policy own_team on board.team using (owner_name = board.who());
grant select, insert, update, delete on board.team to public;

create table board.notice (
  notice_id bigint primary key,
  owner_name text not null,
  team_id bigint not null,
  is_draft boolean not null default false,
  body text not null,
  foreign key (owner_name, team_id) references board.team (owner_name, team_id)
);
comment on table board.notice is 'Notices: the key to the team holds the owner';
create index notice_team_idx on board.notice (owner_name, team_id);
alter table board.notice enable row level security;
create policy read_own on board.notice for select using (owner_name = board.who());
create policy read_team on board.notice for select
  using (team_id in (select t.team_id from board.team t where t.team_id = notice.team_id and t.owner_name = board.who()));
create policy add_own on board.notice for insert with check (owner_name = board.who() and not is_draft);
create policy change_own on board.notice for update using (owner_name = board.who()) with check (owner_name = board.who() and body <> '');
create policy no_drafts on board.notice as restrictive for select using (not is_draft or owner_name = board.who());
grant select, insert, update on board.notice to public;

-- Read-only, and nobody but its owner writes.
create table board.rule (rule_id bigint primary key, body text not null);
comment on table board.rule is 'Rules of the house, for its owner only';
alter table board.rule enable row level security;

-- finds: rls/only-restrictive-policies trap.closed
create table trap.closed (closed_id bigint primary key, owner_name text not null);
comment on table trap.closed is 'Nothing passes';
create index closed_owner_idx on trap.closed (owner_name);
alter table trap.closed enable row level security;
create policy narrow on trap.closed as restrictive using (owner_name = current_user);
grant select on trap.closed to public;

-- finds: rls/policies-without-row-security trap.forgotten
create table trap.forgotten (forgotten_id bigint primary key, owner_name text not null);
comment on table trap.forgotten is 'Row level security was not switched on';
create policy own_rows on trap.forgotten using (owner_name = current_user);
grant select on trap.forgotten to public;

-- finds: rls/policies-recursive trap.circle.of_my_circles
create table trap.circle (circle_id bigint not null, member_name text not null, primary key (circle_id, member_name));
comment on table trap.circle is 'Asks itself';
alter table trap.circle enable row level security;
create policy of_my_circles on trap.circle using (exists (select 1 from trap.circle c where c.circle_id = circle.circle_id and c.member_name = current_user));
grant select on trap.circle to public;

-- finds: rls/immutable-reads-session trap.frozen()
create function trap.frozen() returns text language sql immutable set search_path = pg_catalog as $$ select current_setting('trap.owner', true) $$;
create table trap.cached (cached_id bigint primary key, owner_name text not null);
comment on table trap.cached is 'Its plan keeps who asked first';
create index cached_owner_idx on trap.cached (owner_name);
alter table trap.cached enable row level security;
create policy own_rows on trap.cached using (owner_name = trap.frozen());

-- finds: rls/column-captured trap.caught.of_my_teams
create table trap.caught (caught_id bigint primary key, team_id bigint not null, body text not null);
comment on table trap.caught is 'Compares the team of another table with itself';
alter table trap.caught enable row level security;
create policy of_my_teams on trap.caught using (exists (select 1 from board.team t where t.team_id = team_id and t.owner_name = current_user));
grant select on trap.caught to public;

-- finds: rls/setting-read-strictly trap.strict
create table trap.strict (strict_id bigint primary key, owner_id bigint not null);
comment on table trap.strict is 'Fails where nobody has said who asks';
create index strict_owner_idx on trap.strict (owner_id);
alter table trap.strict enable row level security;
create policy own_rows on trap.strict using (owner_id = current_setting('trap.owner')::bigint);
grant select on trap.strict to public;

-- finds: rls/read-policy-missing trap.blind
create table trap.blind (blind_id bigint primary key, owner_name text not null);
comment on table trap.blind is 'May be deleted, not seen';
create index blind_owner_idx on trap.blind (owner_name);
alter table trap.blind enable row level security;
create policy delete_own on trap.blind for delete using (owner_name = current_user);
grant select, delete on trap.blind to public;

-- finds: rls/policy-adds-nothing trap.twice.own_short_rows
create table trap.twice (twice_id bigint primary key, owner_name text not null, body text not null);
comment on table trap.twice is 'One policy would do';
create index twice_owner_idx on trap.twice (owner_name);
alter table trap.twice enable row level security;
create policy own_rows on trap.twice for select using (owner_name = current_user);
create policy own_short_rows on trap.twice for select using (owner_name = current_user and length(body) < 80);
grant select on trap.twice to public;

-- finds: rls/check-weaker-than-using trap.given.change_own
create table trap.given (given_id bigint primary key, owner_name text not null, body text not null);
comment on table trap.given is 'Rows can be given away';
create index given_owner_idx on trap.given (owner_name);
alter table trap.given enable row level security;
create policy read_own on trap.given for select using (owner_name = current_user);
create policy change_own on trap.given for update using (owner_name = current_user) with check (body <> '');
grant select, update on trap.given to public;

-- finds: rls/foreign-key-across-tenants trap.task.task_project_id_fkey
create table trap.project (project_id bigint primary key, tenant_name text not null);
comment on table trap.project is 'Projects of tenants';
create index project_tenant_idx on trap.project (tenant_name);
alter table trap.project enable row level security;
create policy own_rows on trap.project using (tenant_name = current_user);
grant select, insert on trap.project to public;
create table trap.task (task_id bigint primary key, tenant_name text not null, project_id bigint not null references trap.project);
comment on table trap.task is 'Tasks that may hang on a project of others';
create index task_tenant_idx on trap.task (tenant_name);
create index task_project_idx on trap.task (project_id);
alter table trap.task enable row level security;
create policy own_rows on trap.task using (tenant_name = current_user);
grant select, insert on trap.task to public;

-- finds: rls/user-editable-metadata trap.trusting.by_claim
create table trap.trusting (trusting_id bigint primary key, tenant_name text not null);
comment on table trap.trusting is 'Believes what its user says';
create index trusting_tenant_idx on trap.trusting (tenant_name);
alter table trap.trusting enable row level security;
create policy by_claim on trap.trusting
  using (tenant_name = (nullif(current_setting('request.jwt.claims', true), '')::json -> 'user_metadata' ->> 'tenant'));
grant select on trap.trusting to public;

-- finds: rls/policy-missing trap.empty_looking
create table trap.empty_looking (empty_looking_id bigint primary key, body text not null);
comment on table trap.empty_looking is 'Granted, and no policy lets anything through';
alter table trap.empty_looking enable row level security;
grant select on trap.empty_looking to public;

-- finds: rls/policy-always-true trap.opened.disguised
create table trap.opened (opened_id bigint primary key, body text not null);
comment on table trap.opened is 'A disguise of true';
create index opened_body_idx on trap.opened (body);
alter table trap.opened enable row level security;
create policy disguised on trap.opened for delete using (not (opened_id is null));
create policy reading on trap.opened for select using (body = current_user);
grant select, delete on trap.opened to public;

-- finds: rls/policy-column-unindexed trap.searched.owner_name
create table trap.searched (searched_id bigint primary key, owner_name text not null);
comment on table trap.searched is 'Its policy reads every row';
alter table trap.searched enable row level security;
create policy own_rows on trap.searched using (owner_name = current_setting('trap.owner', true));
