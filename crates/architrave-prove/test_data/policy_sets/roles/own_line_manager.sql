-- The same table of managers, which every employee may write.
-- style: roles; hole
-- role owner: nora
-- role outsider: olaf
create role nora nologin;
create role olaf nologin;
create role personnel nologin;
grant personnel to nora, olaf;
create table line_managers (employee text not null, manager text not null, primary key (employee, manager));
create table appraisals (id integer generated always as identity primary key, employee text not null, body text not null);
alter table appraisals enable row level security;
create policy own_or_managed on appraisals for select to personnel
    using (employee = current_user or exists (select 1 from line_managers m where m.employee = appraisals.employee and m.manager = current_user));
grant select on appraisals to personnel;
grant select, insert on line_managers to personnel;
-- ## seed
insert into appraisals (employee, body) values ('nora', 'Good');
-- ## expect select public.appraisals outsider leak
insert into line_managers values ('nora', 'olaf');
select from appraisals where employee = 'nora'
-- ## expect insert public.line_managers outsider leak
insert into line_managers values ('nora', 'olaf')
