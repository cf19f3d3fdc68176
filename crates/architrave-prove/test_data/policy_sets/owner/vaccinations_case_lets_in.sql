-- A CASE whose first branch answers before anybody has asked whose row it is.
-- style: supabase; hole
create table vaccinations (
    id bigint generated always as identity primary key,
    person_id uuid not null references auth.users (id),
    vaccine text not null
);
alter table vaccinations enable row level security;
create policy vaccinations_read on vaccinations for select
    using (case when auth.role() = 'anon' then false when auth.uid() is not null then true else person_id = auth.uid() end);
grant select on vaccinations to anon, authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into vaccinations (person_id, vaccine) values (:'owner', 'Tetanus');
-- ## expect select public.vaccinations outsider leak
select from vaccinations where person_id = :'owner'
-- ## expect select public.vaccinations anonymous denied
select from vaccinations where person_id = :'owner'
