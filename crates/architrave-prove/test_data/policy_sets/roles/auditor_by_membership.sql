-- The role of the auditors was granted to every clerk, and its policy lets everything through.
-- style: roles; hole
-- role owner: ines
-- role outsider: jorge
create role auditor nologin;
create role clerk nologin;
create role ines nologin;
create role jorge nologin;
grant auditor to clerk;
grant clerk to ines, jorge;
create table vouchers (id integer generated always as identity primary key, clerk_name text not null default current_user, cents integer not null);
alter table vouchers enable row level security;
create policy own on vouchers to clerk using (clerk_name = current_user) with check (clerk_name = current_user);
create policy auditors_read on vouchers for select to auditor using (cents > 0);
grant select, insert on vouchers to clerk;
-- ## seed
insert into vouchers (clerk_name, cents) values ('ines', 5), ('jorge', 6);
-- ## expect select public.vouchers outsider leak
select from vouchers where clerk_name = 'ines'
-- ## expect insert public.vouchers outsider denied|allowed
insert into vouchers (clerk_name, cents) values ('ines', 7)
