-- The child has the same policy as its parent.
-- style: setting; secure
-- role: park_app
-- settings: app.tenant_id=:tenant
create role park_app nologin;
create table devices (id integer primary key, tenant_id uuid not null, label text not null);
create table sensors (unit text not null, primary key (id)) inherits (devices);
alter table devices enable row level security;
alter table sensors enable row level security;
create policy tenant on devices to park_app using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy tenant on sensors to park_app using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
grant select, update on devices, sensors to park_app;
-- ## seed
insert into devices values (1, :'tenant', 'A'), (2, :'other', 'B');
insert into sensors values (3, :'tenant', 'C', 'K'), (4, :'other', 'D', 'K');
-- ## expect select public.sensors outsider denied
select from sensors where tenant_id = :'tenant'
-- ## expect update public.sensors outsider denied
update sensors set label = 'x' where tenant_id = :'tenant'
-- ## expect select public.devices outsider denied
select from devices where tenant_id = :'tenant'
-- ## expect select public.sensors owner allowed
select from sensors where tenant_id = :'tenant'
