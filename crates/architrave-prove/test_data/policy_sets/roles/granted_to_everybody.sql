-- A table without row level security, granted to PUBLIC.
-- style: roles; hole
-- role owner: gina
-- role outsider: hugo
create role gina nologin;
create role hugo nologin;
create table desks (id integer generated always as identity primary key, owner_name text not null default current_user, floor smallint not null);
grant select, update on desks to public;
-- ## seed
insert into desks (owner_name, floor) values ('gina', 1), ('hugo', 2);
-- ## expect select public.desks outsider leak
select from desks where owner_name = 'gina'
-- ## expect update public.desks outsider leak
update desks set floor = 9 where owner_name = 'gina'
