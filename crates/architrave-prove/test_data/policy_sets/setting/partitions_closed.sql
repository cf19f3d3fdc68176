-- Only the partitioned table is granted.
-- style: setting; secure
-- role: trace_app
-- settings: app.tenant_id=:tenant
create role trace_app nologin;
create table traces (id integer not null, tenant_id uuid not null, day date not null, body text not null, primary key (id, day)) partition by range (day);
create table traces_2026 partition of traces for values from ('2026-01-01') to ('2027-01-01');
alter table traces enable row level security;
create policy tenant on traces to trace_app using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
grant select, insert, update, delete on traces to trace_app;
-- ## seed
insert into traces values (1, :'tenant', '2026-05-01', 'Login'), (2, :'other', '2026-05-01', 'Logout');
-- ## expect select public.traces_2026 outsider denied
select from traces_2026 where tenant_id = :'tenant'
-- ## expect select public.traces outsider denied
select from traces where tenant_id = :'tenant'
-- ## expect insert public.traces outsider denied|allowed
insert into traces values (3, :'tenant', '2026-05-02', 'x')
-- ## expect select public.traces owner allowed
select from traces where tenant_id = :'tenant'
