-- Rows belong to a role of a department; who is a member of the role sees them.
-- style: roles; secure
-- role owner: dora
-- role member: emil
-- role outsider: fritz
create role sales nologin;
create role legal nologin;
create role dora nologin;
create role emil nologin;
create role fritz nologin;
create role employee nologin;
grant employee to dora, emil, fritz;
grant sales to dora, emil;
grant legal to fritz;
create table dossiers (id integer generated always as identity primary key, department name not null, body text not null);
alter table dossiers enable row level security;
create policy department on dossiers to employee using (pg_has_role(current_user, department, 'member')) with check (pg_has_role(current_user, department, 'member'));
grant select, insert, update on dossiers to employee;
-- ## seed
insert into dossiers (department, body) values ('sales', 'Plan'), ('legal', 'List');
-- ## expect select public.dossiers outsider denied
select from dossiers where department = 'sales'
-- ## expect select public.dossiers member allowed
select from dossiers where department = 'sales'
-- ## expect insert public.dossiers outsider denied|allowed
insert into dossiers (department, body) values ('sales', 'x')
