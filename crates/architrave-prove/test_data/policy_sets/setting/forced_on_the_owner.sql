-- The same, with FORCE: the owner's rows are bound, too; TRUNCATE stays his.
-- style: setting; hole
-- role: cafe_owner
-- settings: app.tenant_id=:tenant
create role cafe_owner nologin;
grant cafe_owner to postgres;
grant create on schema public to cafe_owner;
create table bookings (id integer generated always as identity primary key, tenant_id uuid not null, guests smallint not null check (guests between 1 and 20));
alter table bookings enable row level security;
alter table bookings force row level security;
create policy tenant on bookings using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
alter table bookings owner to cafe_owner;
-- ## seed
insert into bookings (tenant_id, guests) values (:'tenant', 5), (:'other', 6);
-- ## expect select public.bookings outsider denied
select from bookings where tenant_id = :'tenant'
-- ## expect delete public.bookings outsider denied
delete from bookings where tenant_id = :'tenant'
-- ## expect select public.bookings owner allowed
select from bookings where tenant_id = :'tenant'
-- ## expect truncate public.bookings outsider leak
truncate bookings
