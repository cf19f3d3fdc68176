-- Whoever signs an invitation with his own name may invite himself, and an invitation opens the files.
-- style: supabase; hole
create table firms (id uuid primary key default gen_random_uuid(), title text not null);
create table firm_members (firm_id uuid not null references firms (id), user_id uuid not null references auth.users (id), primary key (firm_id, user_id));
create table invitations (
    id bigint generated always as identity primary key,
    firm_id uuid not null references firms (id),
    invitee_id uuid not null references auth.users (id),
    invited_by uuid not null references auth.users (id),
    unique (firm_id, invitee_id)
);
create table files (id bigint generated always as identity primary key, firm_id uuid not null references firms (id), path text not null);
alter table firms enable row level security;
alter table firm_members enable row level security;
alter table invitations enable row level security;
alter table files enable row level security;
create policy firms_read on firms for select to authenticated using (exists (select 1 from firm_members m where m.firm_id = firms.id and m.user_id = auth.uid()));
create policy members_read on firm_members for select to authenticated using (user_id = auth.uid());
create policy invitations_read on invitations for select to authenticated using (invitee_id = auth.uid());
create policy invitations_send on invitations for insert to authenticated with check (invited_by = auth.uid());
create policy files_read on files for select to authenticated using (
    exists (select 1 from firm_members m where m.firm_id = files.firm_id and m.user_id = auth.uid())
    or exists (select 1 from invitations i where i.firm_id = files.firm_id and i.invitee_id = auth.uid()));
grant select on firms, firm_members, files to authenticated;
grant select, insert on invitations to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into firms values (:'tenant', 'Ours'), (:'other', 'Theirs');
insert into firm_members values (:'tenant', :'owner'), (:'other', :'outsider');
insert into files (firm_id, path) values (:'tenant', '/plan.pdf');
-- ## expect select public.files outsider leak
insert into invitations (firm_id, invitee_id, invited_by) values (:'tenant', :'outsider', :'outsider');
select from files where firm_id = :'tenant'
-- ## expect select public.files anonymous denied
select from files where firm_id = :'tenant'
-- ## expect select public.firms outsider denied
select from firms where id = :'tenant'
-- ## expect insert public.invitations outsider leak
insert into invitations (firm_id, invitee_id, invited_by) values (:'tenant', :'outsider', :'outsider')
