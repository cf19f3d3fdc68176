-- The argument has the name of the column, and inside the query the column wins.
-- style: supabase; hole
create table schools (id uuid primary key default gen_random_uuid(), title text not null);
create table school_staff (school_id uuid not null references schools (id), user_id uuid not null references auth.users (id), primary key (school_id, user_id));
create table grades (id bigint generated always as identity primary key, school_id uuid not null references schools (id), mark smallint not null check (mark between 1 and 6));
create function teaches_at(school_id uuid) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.school_staff s where s.school_id = school_id and s.user_id = auth.uid()) $$;
alter table schools enable row level security;
alter table school_staff enable row level security;
alter table grades enable row level security;
create policy schools_read on schools for select to authenticated using (exists (select 1 from school_staff s where s.school_id = schools.id and s.user_id = auth.uid()));
create policy staff_read on school_staff for select to authenticated using (user_id = auth.uid());
create policy grades_read on grades for select to authenticated using (teaches_at(school_id));
grant select on schools, school_staff, grades to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into schools values (:'tenant', 'Ours'), (:'other', 'Theirs');
insert into school_staff values (:'tenant', :'owner'), (:'other', :'outsider');
insert into grades (school_id, mark) values (:'tenant', 2);
-- ## expect select public.grades outsider leak
select from grades where school_id = :'tenant'
-- ## expect select public.schools outsider denied
select from schools where id = :'tenant'
-- ## expect select public.grades anonymous denied
select from grades where school_id = :'tenant'
