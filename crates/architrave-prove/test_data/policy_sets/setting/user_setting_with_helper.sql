-- A user id in a setting, an integer, read by a helper.
-- style: setting; secure
-- ids: integer
-- role: clinic_app
-- settings: clinic.user_id=:user
create role clinic_app nologin;
create function clinic_user() returns bigint language sql stable as $$ select nullif(current_setting('clinic.user_id', true), '')::bigint $$;
create table clinic_users (id bigint primary key, surname text not null);
create table appointments (id bigint generated always as identity primary key, patient_id bigint not null references clinic_users (id), starts_at timestamptz not null);
alter table clinic_users enable row level security;
alter table appointments enable row level security;
create policy own on clinic_users to clinic_app using (id = clinic_user());
create policy own on appointments to clinic_app using (patient_id = (select clinic_user())) with check (patient_id = (select clinic_user()));
grant select on clinic_users to clinic_app;
grant select, insert, update, delete on appointments to clinic_app;
-- ## seed
insert into clinic_users values (1, 'Silva'), (3, 'Costa');
insert into appointments (patient_id, starts_at) values (1, '2026-03-01'), (3, '2026-03-02');
-- ## expect select public.appointments outsider denied
select from appointments where patient_id = 1
-- ## expect update public.appointments outsider denied
update appointments set patient_id = 1 where patient_id = 3
-- ## expect insert public.appointments outsider denied|allowed
insert into appointments (patient_id, starts_at) values (1, '2026-03-03')
-- ## expect select public.appointments owner allowed
select from appointments where patient_id = 1
