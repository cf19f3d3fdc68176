-- A table says who manages whom; managers read, and nobody but the owner writes it.
-- style: roles; secure
-- role owner: kim
-- role member: lena
-- role outsider: mia
create role kim nologin;
create role lena nologin;
create role mia nologin;
create table managers (employee text not null, manager text not null, primary key (employee, manager));
create table reviews (id integer generated always as identity primary key, employee text not null, body text not null);
alter table managers enable row level security;
alter table reviews enable row level security;
create policy own_lines on managers for select to kim, lena, mia using (current_user in (employee, manager));
create policy own_or_managed on reviews for select to kim, lena, mia
    using (employee = current_user or exists (select 1 from managers m where m.employee = reviews.employee and m.manager = current_user));
grant select on managers, reviews to kim, lena, mia;
-- ## seed
insert into managers values ('kim', 'lena');
insert into reviews (employee, body) values ('kim', 'Good');
-- ## expect select public.reviews outsider denied
select from reviews where employee = 'kim'
-- ## expect select public.reviews member allowed
select from reviews where employee = 'kim'
-- ## expect insert public.managers outsider denied|allowed
insert into managers values ('kim', 'mia')
