-- Organisations and memberships are mirrored by a webhook; any signed-in user may add memberships, for himself, to any organisation.
-- style: clerk; hole
create table orgs (id text primary key check (id ~ '^org_'), title text not null);
create table org_members (org_id text not null references orgs (id), user_id text not null, role text not null default 'org:member', primary key (org_id, user_id));
create table briefs (id bigint generated always as identity primary key, org_id text not null references orgs (id), body text not null);
alter table orgs enable row level security;
alter table org_members enable row level security;
alter table briefs enable row level security;
create policy orgs_read on orgs for select to authenticated using (id in (select m.org_id from org_members m where m.user_id = auth.jwt() ->> 'sub'));
create policy members_read on org_members for select to authenticated using (user_id = auth.jwt() ->> 'sub');
create policy members_join on org_members for insert to authenticated with check (user_id = auth.jwt() ->> 'sub');
create policy briefs_all on briefs for all to authenticated using (org_id in (select m.org_id from org_members m where m.user_id = auth.jwt() ->> 'sub'));
grant select on orgs to authenticated;
grant select, insert on org_members to authenticated;
grant select, insert, update, delete on briefs to authenticated;
-- ## seed
insert into orgs values (:'tenant', 'Ours'), (:'other', 'Theirs');
insert into org_members values (:'tenant', :'owner'), (:'other', :'outsider');
insert into briefs (org_id, body) values (:'tenant', 'Secret');
-- ## expect select public.briefs outsider leak
insert into org_members values (:'tenant', :'outsider');
select from briefs where org_id = :'tenant'
-- ## expect select public.briefs anonymous denied
select from briefs where org_id = :'tenant'
-- ## expect insert public.org_members outsider leak
insert into org_members values (:'tenant', :'outsider')
-- ## expect select public.orgs outsider leak
insert into org_members values (:'tenant', :'outsider');
select from orgs where id = :'tenant'
