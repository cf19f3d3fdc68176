-- A child by inheritance has rows, privileges and no row level security of its own.
-- style: setting; hole
-- role: fleet_app
-- settings: app.tenant_id=:tenant
create role fleet_app nologin;
create table vehicles (id integer primary key, tenant_id uuid not null, plate text not null);
create table trucks (tonnes numeric(5,2) not null, primary key (id)) inherits (vehicles);
alter table vehicles enable row level security;
create policy tenant on vehicles to fleet_app using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
grant select, update on vehicles, trucks to fleet_app;
-- ## seed
insert into trucks values (1, :'tenant', 'M-1', 7.5), (2, :'other', 'M-2', 3.5);
-- ## expect select public.trucks outsider leak
select from trucks where tenant_id = :'tenant'
-- ## expect update public.trucks outsider leak
update trucks set plate = 'x' where tenant_id = :'tenant'
-- ## expect select public.vehicles outsider denied
select from vehicles where tenant_id = :'tenant'
