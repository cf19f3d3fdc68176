-- A helper gives the caller's organisations once, and the policy compares the column with that set.
-- style: supabase; secure
create table organizations (id uuid primary key default gen_random_uuid(), slug text not null unique);
create table memberships (
    organization_id uuid not null references organizations (id),
    user_id uuid not null references auth.users (id),
    primary key (organization_id, user_id)
);
create table tickets (
    id bigint generated always as identity primary key,
    organization_id uuid not null references organizations (id),
    subject text not null,
    priority smallint not null default 3 check (priority in (1, 2, 3))
);
create schema private;
create function private.my_organizations() returns setof uuid language sql stable security definer set search_path = '' as
    $$ select m.organization_id from public.memberships m where m.user_id = auth.uid() $$;
grant usage on schema private to authenticated;
alter table organizations enable row level security;
alter table memberships enable row level security;
alter table tickets enable row level security;
create policy organizations_read on organizations for select to authenticated using (id in (select private.my_organizations()));
create policy memberships_read on memberships for select to authenticated using (organization_id = any (array(select private.my_organizations())));
create policy tickets_all on tickets for all to authenticated
    using (organization_id = any (array(select private.my_organizations()))) with check (organization_id = any (array(select private.my_organizations())));
grant select on organizations, memberships to authenticated;
grant select, insert, update, delete on tickets to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'member', 'cyd@example.com'), (:'outsider', 'bob@example.com');
insert into organizations values (:'tenant', 'ours'), (:'other', 'theirs');
insert into memberships values (:'tenant', :'owner'), (:'tenant', :'member'), (:'other', :'outsider');
insert into tickets (organization_id, subject) values (:'tenant', 'Leak'), (:'other', 'Noise');
-- ## expect select public.tickets outsider denied
select from tickets where organization_id = :'tenant'
-- ## expect update public.tickets member allowed
update tickets set priority = 1 where organization_id = :'tenant'
-- ## expect insert public.tickets outsider denied|allowed
insert into tickets (organization_id, subject) values (:'tenant', 'x')
-- ## expect delete public.tickets outsider denied
delete from tickets where organization_id = :'tenant'
-- ## expect select public.memberships outsider denied
select from memberships where organization_id = :'tenant'
