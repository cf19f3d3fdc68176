-- Every user has a role of the server, and rows carry its name.
-- style: roles; secure
-- role owner: ann
-- role member: cyd
-- role outsider: bob
create role ann nologin;
create role bob nologin;
create role cyd nologin;
create role staff nologin;
grant staff to ann, bob, cyd;
create table worksheets (id integer generated always as identity primary key, owner_name text not null default current_user, body text not null);
alter table worksheets enable row level security;
create policy own on worksheets to staff using (owner_name = current_user) with check (owner_name = current_user);
grant select, insert, update, delete on worksheets to staff;
-- ## seed
insert into worksheets (owner_name, body) values ('ann', 'Plan'), ('bob', 'List');
-- ## expect select public.worksheets outsider denied
select from worksheets where owner_name = 'ann'
-- ## expect select public.worksheets owner allowed
select from worksheets where owner_name = 'ann'
-- ## expect insert public.worksheets outsider denied|allowed
insert into worksheets (owner_name, body) values ('ann', 'x')
-- ## expect update public.worksheets outsider denied
update worksheets set owner_name = 'ann' where owner_name = 'bob'
