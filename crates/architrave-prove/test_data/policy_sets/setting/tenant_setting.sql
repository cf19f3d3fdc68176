-- The application sets its tenant for each transaction; every table compares its column.
-- style: setting; secure
-- role: desk_app
-- settings: app.tenant_id=:tenant
create role desk_app nologin;
create table customers (id integer generated always as identity primary key, tenant_id uuid not null default current_setting('app.tenant_id')::uuid, title text not null);
create table orders (id integer generated always as identity primary key, tenant_id uuid not null default current_setting('app.tenant_id')::uuid, customer_id integer not null references customers (id), cents integer not null);
alter table customers enable row level security;
alter table orders enable row level security;
create policy tenant on customers to desk_app using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy tenant on orders to desk_app using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
grant select, insert, update, delete on customers, orders to desk_app;
-- ## seed
insert into customers (tenant_id, title) values (:'tenant', 'Ms X'), (:'other', 'Mr Y');
insert into orders (tenant_id, customer_id, cents) values (:'tenant', 1, 100);
-- ## expect select public.customers outsider denied
select from customers where tenant_id = :'tenant'
-- ## expect select public.customers member allowed
select from customers where tenant_id = :'tenant'
-- ## expect update public.customers outsider denied
update customers set tenant_id = :'tenant' where tenant_id = :'other'
-- ## expect delete public.orders outsider denied
delete from orders where tenant_id = :'tenant'
