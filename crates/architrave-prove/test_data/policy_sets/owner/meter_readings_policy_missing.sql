-- Row level security is on, but the read policy compares nothing: any signed-in user reads every household.
-- style: supabase; hole
create table meter_readings (
    id uuid primary key default gen_random_uuid(),
    household_id uuid not null references auth.users (id),
    kwh numeric(8,2) not null check (kwh >= 0)
);
alter table meter_readings enable row level security;
create policy readings_read on meter_readings for select to authenticated using (auth.uid() is not null);
create policy readings_add on meter_readings for insert to authenticated with check (household_id = auth.uid());
grant select, insert on meter_readings to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into meter_readings (household_id, kwh) values (:'owner', 210.5);
-- ## expect select public.meter_readings outsider leak
select from meter_readings where household_id = :'owner'
-- ## expect select public.meter_readings anonymous denied
select from meter_readings where household_id = :'owner'
-- ## expect insert public.meter_readings outsider denied|allowed
insert into meter_readings (household_id, kwh) values (:'owner', 1)
-- ## expect delete public.meter_readings outsider denied
delete from meter_readings where household_id = :'owner'
