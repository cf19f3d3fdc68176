-- The helper that reads the setting says IMMUTABLE: a prepared plan keeps the tenant of whoever ran it first.
-- style: setting; hole
-- role: plan_app
-- settings: app.tenant_id=:tenant
create role plan_app nologin;
create function fixed_tenant() returns uuid language plpgsql immutable as $$ begin return nullif(current_setting('app.tenant_id', true), '')::uuid; end $$;
create table quotas (id integer generated always as identity primary key, tenant_id uuid not null, megabytes integer not null);
alter table quotas enable row level security;
create policy tenant on quotas for select to plan_app using (tenant_id = fixed_tenant());
grant select on quotas to plan_app;
-- ## seed
insert into quotas (tenant_id, megabytes) values (:'tenant', 5), (:'other', 6);
-- ## expect select public.quotas outsider leak
set local plan_cache_mode = force_generic_plan;
select set_config('app.tenant_id', :'tenant', true);
prepare quotas_read as select tenant_id from quotas where tenant_id = :'tenant';
execute quotas_read;
select set_config('app.tenant_id', :'other', true);
execute quotas_read
