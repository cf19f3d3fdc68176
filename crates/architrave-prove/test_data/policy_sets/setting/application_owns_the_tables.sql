-- The application's role owns the table, and row level security does not bind an owner.
-- style: setting; hole
-- role: shop_owner
-- settings: app.tenant_id=:tenant
create role shop_owner nologin;
grant shop_owner to postgres;
grant create on schema public to shop_owner;
create table baskets (id integer generated always as identity primary key, tenant_id uuid not null, cents integer not null);
alter table baskets enable row level security;
create policy tenant on baskets using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
alter table baskets owner to shop_owner;
-- ## seed
insert into baskets (tenant_id, cents) values (:'tenant', 5), (:'other', 6);
-- ## expect select public.baskets outsider leak
select from baskets where tenant_id = :'tenant'
-- ## expect delete public.baskets outsider leak
delete from baskets where tenant_id = :'tenant'
