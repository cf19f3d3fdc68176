-- Default privileges give every new table to the application, and this one was made without row level security.
-- style: setting; hole
-- role: crm_app
-- settings: app.tenant_id=:tenant
create role crm_app nologin;
alter default privileges in schema public grant select, insert, update, delete on tables to crm_app;
create table deals (id integer primary key, tenant_id uuid not null, cents integer not null);
alter table deals enable row level security;
create policy tenant on deals to crm_app using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create table deal_notes (id integer primary key, tenant_id uuid not null, deal_id integer not null references deals (id), body text not null);
-- ## seed
insert into deals values (1, :'tenant', 5), (2, :'other', 6);
insert into deal_notes values (1, :'tenant', 1, 'Call'), (2, :'other', 2, 'Mail');
-- ## expect select public.deal_notes outsider leak
select from deal_notes where tenant_id = :'tenant'
-- ## expect delete public.deal_notes outsider leak
delete from deal_notes where tenant_id = :'tenant'
-- ## expect select public.deals outsider denied
select from deals where tenant_id = :'tenant'
