-- A switch for debugging was left in: OR true.
-- style: supabase; hole
create table medication_plans (
    id uuid primary key default gen_random_uuid(),
    patient_id uuid not null references auth.users (id),
    drug text not null,
    dose_mg numeric(7,2) not null check (dose_mg > 0)
);
alter table medication_plans enable row level security;
create policy plans_read on medication_plans for select to authenticated using (patient_id = auth.uid() or 1 = 1);
create policy plans_edit on medication_plans for update to authenticated using (patient_id = auth.uid());
grant select, update on medication_plans to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into medication_plans (patient_id, drug, dose_mg) values (:'owner', 'Thyroxin', 0.1);
-- ## expect select public.medication_plans outsider leak|open
select from medication_plans where patient_id = :'owner'
-- ## expect update public.medication_plans outsider denied
update medication_plans set dose_mg = 99 where patient_id = :'owner'
-- ## expect select public.medication_plans anonymous denied
select from medication_plans where patient_id = :'owner'
