-- An empty setting means everything: for the job queue, and for whoever forgets to set it.
-- style: setting; hole
-- role: queue_app
-- role anonymous: queue_app
-- settings: app.tenant_id=:tenant
create role queue_app nologin;
create table jobs (id integer generated always as identity primary key, tenant_id uuid not null, payload text not null);
alter table jobs enable row level security;
create policy tenant on jobs to queue_app using (coalesce(current_setting('app.tenant_id', true), '') = '' or tenant_id::text = current_setting('app.tenant_id', true));
grant select, insert, update, delete on jobs to queue_app;
-- ## seed
insert into jobs (tenant_id, payload) values (:'tenant', 'mail'), (:'other', 'sms');
-- ## expect select public.jobs anonymous leak
select from jobs where tenant_id = :'tenant'
-- ## expect select public.jobs outsider denied
select from jobs where tenant_id = :'tenant'
-- ## expect update public.jobs outsider denied
update jobs set payload = 'x' where tenant_id = :'tenant'
