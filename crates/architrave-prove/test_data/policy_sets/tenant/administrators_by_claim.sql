-- Administrators are named in app_metadata; they see everything, and nobody makes himself one through the database.
-- style: supabase; secure
create table incident_reports (id bigint generated always as identity primary key, reporter_id uuid not null references auth.users (id), body text not null);
alter table incident_reports enable row level security;
create policy incidents_own on incident_reports for select to authenticated using (reporter_id = auth.uid() or (auth.jwt() -> 'app_metadata' ->> 'role') = 'admin');
create policy incidents_add on incident_reports for insert to authenticated with check (reporter_id = auth.uid());
create policy incidents_close on incident_reports for delete to authenticated using (coalesce((auth.jwt() -> 'app_metadata' ->> 'role') = 'admin', false));
grant select, insert, delete on incident_reports to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into incident_reports (reporter_id, body) values (:'owner', 'Fell');
-- ## expect select public.incident_reports outsider denied
select from incident_reports where reporter_id = :'owner'
-- ## expect delete public.incident_reports outsider denied
delete from incident_reports where reporter_id = :'owner'
-- ## expect insert public.incident_reports outsider denied|allowed
insert into incident_reports (reporter_id, body) values (:'owner', 'x')
-- ## expect select public.incident_reports owner allowed
select from incident_reports where reporter_id = :'owner'
