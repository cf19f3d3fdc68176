-- Inside the subquery, name is the project's, not the object's: every file of everybody who has a project.
-- style: supabase; hole
create table client_projects (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users (id), name text not null);
alter table client_projects enable row level security;
create policy projects_own on client_projects for select to authenticated using (owner_id = auth.uid());
grant select on client_projects to authenticated;
insert into storage.buckets (id, name) values ('deliverables', 'deliverables');
create policy deliverables_read on storage.objects for select to authenticated using (
    bucket_id = 'deliverables'
    and exists (select 1 from client_projects p where p.owner_id = auth.uid() and (storage.foldername(name))[1] is not distinct from (storage.foldername(p.name))[1]));
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into client_projects (id, owner_id, name) values (:'tenant', :'owner', 'Logo'), (:'other', :'outsider', 'Site');
insert into storage.objects (bucket_id, name, owner_id) values ('deliverables', :'tenant' || '/logo.svg', :'owner');
-- ## expect select bucket:deliverables outsider leak
select from storage.objects where name like :'tenant' || '/%'
-- ## expect select public.client_projects outsider denied
select from client_projects where owner_id = :'owner'
-- ## expect select bucket:deliverables anonymous denied
select from storage.objects where bucket_id = 'deliverables'
