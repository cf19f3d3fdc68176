-- Row level security is on the partitioned table; its partition was granted by itself and has none.
-- style: setting; hole
-- role: event_app
-- settings: app.tenant_id=:tenant
create role event_app nologin;
create table events (id integer not null, tenant_id uuid not null, year integer not null, body text not null, primary key (id, year)) partition by list (year);
create table events_2026 partition of events for values in (2026);
alter table events enable row level security;
create policy tenant on events to event_app using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
grant select, insert, update, delete on events, events_2026 to event_app;
-- ## seed
insert into events values (1, :'tenant', 2026, 'Login'), (2, :'other', 2026, 'Logout');
-- ## expect select public.events_2026 outsider leak
select from events_2026 where tenant_id = :'tenant'
-- ## expect select public.events outsider denied
select from events where tenant_id = :'tenant'
-- ## expect update public.events outsider denied
update events set tenant_id = :'tenant' where tenant_id = :'other'
