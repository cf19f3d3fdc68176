-- Three helpers deep, and each passes on what it was given.
-- style: supabase; secure
create table clinics (id uuid primary key default gen_random_uuid(), title text not null);
create table clinic_staff (clinic_id uuid not null references clinics (id), user_id uuid not null references auth.users (id), active boolean not null default true, primary key (clinic_id, user_id));
create table patients (id bigint generated always as identity primary key, clinic_id uuid not null references clinics (id), surname text not null);
create table findings (id bigint generated always as identity primary key, patient_id bigint not null references patients (id), note text not null);
create function works_at(clinic uuid) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.clinic_staff s where s.clinic_id = clinic and s.user_id = auth.uid() and s.active) $$;
create function treats(patient bigint) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.patients p where p.id = patient and public.works_at(p.clinic_id)) $$;
create function may_read_finding(patient bigint) returns boolean language sql stable security definer set search_path = '' as $$ select public.treats(patient) $$;
alter table clinics enable row level security;
alter table clinic_staff enable row level security;
alter table patients enable row level security;
alter table findings enable row level security;
create policy clinics_read on clinics for select to authenticated using (works_at(id));
create policy staff_read on clinic_staff for select to authenticated using (user_id = auth.uid());
create policy patients_all on patients for all to authenticated using (works_at(clinic_id)) with check (works_at(clinic_id));
create policy findings_all on findings for all to authenticated using (may_read_finding(patient_id)) with check (treats(patient_id));
grant select on clinics, clinic_staff to authenticated;
grant select, insert, update, delete on patients, findings to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into clinics values (:'tenant', 'Ours'), (:'other', 'Theirs');
insert into clinic_staff values (:'tenant', :'owner'), (:'other', :'outsider');
insert into patients (clinic_id, surname) values (:'tenant', 'Silva'), (:'other', 'Costa');
insert into findings (patient_id, note) values (1, 'Cold'), (2, 'Flu');
-- ## expect select public.findings outsider denied
select from findings where patient_id = 1
-- ## expect insert public.findings outsider denied|allowed
insert into findings (patient_id, note) values (1, 'x')
-- ## expect select public.patients outsider denied
select from patients where clinic_id = :'tenant'
-- ## expect update public.patients outsider denied
update patients set clinic_id = :'tenant' where clinic_id = :'other'
-- ## expect select public.findings owner allowed
select from findings where patient_id = 1
