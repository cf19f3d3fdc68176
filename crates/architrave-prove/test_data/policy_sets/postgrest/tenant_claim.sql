-- The tenant is a claim; a helper in a private schema reads it.
-- style: postgrest; secure
-- role: portal_user
-- role anonymous: portal_anon
-- claims: "tenant_id":":tenant"
create role portal_user nologin;
create role portal_anon nologin;
create schema auth_info;
create function auth_info.tenant() returns uuid language sql stable as
    $$ select nullif(nullif(current_setting('request.jwt.claims', true), '')::json ->> 'tenant_id', '')::uuid $$;
create table meters (id integer generated always as identity primary key, tenant_id uuid not null default auth_info.tenant(), serial text not null);
create table readings (meter_id integer not null references meters (id), day date not null, kwh numeric(9,3) not null, primary key (meter_id, day));
alter table meters enable row level security;
alter table readings enable row level security;
create policy meters_tenant on meters to portal_user using (tenant_id = auth_info.tenant()) with check (tenant_id = auth_info.tenant());
create policy readings_tenant on readings to portal_user using (exists (select 1 from meters m where m.id = meter_id and m.tenant_id = auth_info.tenant()));
grant usage on schema auth_info to portal_user, portal_anon;
grant select, insert, update, delete on meters, readings to portal_user;
-- ## seed
insert into meters (tenant_id, serial) values (:'tenant', 'A'), (:'other', 'B');
insert into readings values (1, '2026-01-01', 3), (2, '2026-01-01', 4);
-- ## expect select public.readings outsider denied
select from readings where meter_id = 1
-- ## expect insert public.readings outsider denied|allowed
insert into readings values (1, '2026-01-02', 9)
-- ## expect update public.meters outsider denied
update meters set tenant_id = :'tenant' where tenant_id = :'other'
-- ## expect select public.meters member allowed
select from meters where tenant_id = :'tenant'
-- ## expect select public.meters anonymous denied
select from meters where tenant_id = :'tenant'
