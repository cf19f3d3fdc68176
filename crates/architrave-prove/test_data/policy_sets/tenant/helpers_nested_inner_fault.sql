-- The innermost helper asks for the patient's clinic, and forgets the caller.
-- style: supabase; hole
create table practices (id uuid primary key default gen_random_uuid(), title text not null);
create table practice_staff (practice_id uuid not null references practices (id), user_id uuid not null references auth.users (id), primary key (practice_id, user_id));
create table animals (id bigint generated always as identity primary key, practice_id uuid not null references practices (id), call_name text not null);
create table treatments (id bigint generated always as identity primary key, animal_id bigint not null references animals (id), note text not null);
create function staffed(practice uuid) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.practice_staff s where s.practice_id = practice) $$;
create function treats(animal bigint) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.animals a where a.id = animal and public.staffed(a.practice_id)) $$;
alter table practices enable row level security;
alter table practice_staff enable row level security;
alter table animals enable row level security;
alter table treatments enable row level security;
create policy practices_read on practices for select to authenticated using (exists (select 1 from practice_staff s where s.practice_id = practices.id and s.user_id = auth.uid()));
create policy staff_read on practice_staff for select to authenticated using (user_id = auth.uid());
create policy animals_read on animals for select to authenticated using (practice_id in (select s.practice_id from practice_staff s where s.user_id = auth.uid()));
create policy treatments_read on treatments for select to authenticated using (treats(animal_id));
grant select on practices, practice_staff, animals, treatments to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into practices values (:'tenant', 'Ours'), (:'other', 'Theirs');
insert into practice_staff values (:'tenant', :'owner'), (:'other', :'outsider');
insert into animals (practice_id, call_name) values (:'tenant', 'Rex');
insert into treatments (animal_id, note) values (1, 'Chipped');
-- ## expect select public.treatments outsider leak
select from treatments where animal_id = 1
-- ## expect select public.animals outsider denied
select from animals where practice_id = :'tenant'
-- ## expect select public.treatments anonymous denied
select from treatments where animal_id = 1
