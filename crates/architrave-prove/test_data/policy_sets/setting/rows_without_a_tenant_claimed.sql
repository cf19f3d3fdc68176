-- Rows without a tenant are everybody's, and everybody may take his own row's tenant away or claim what has none; the check is missing on writes.
-- style: setting; hole
-- role: pool_app
-- settings: app.tenant_id=:tenant
create role pool_app nologin;
create table leads (id integer primary key, tenant_id uuid, phone text not null);
alter table leads enable row level security;
create policy leads_read on leads for select to pool_app using (tenant_id is null or tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy leads_add on leads for insert to pool_app with check (tenant_id is not null);
grant select, insert on leads to pool_app;
-- ## seed
insert into leads values (1, :'tenant', '1'), (2, :'other', '2'), (3, null, '3');
-- ## expect insert public.leads outsider leak
insert into leads values (4, :'tenant', 'forged')
-- ## expect select public.leads outsider denied
select from leads where tenant_id = :'tenant'
