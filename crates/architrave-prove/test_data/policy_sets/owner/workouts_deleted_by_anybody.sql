-- DELETE is open. With a condition the read policy narrows it, without one everything goes.
-- style: supabase; hole
create table workouts (
    id bigint generated always as identity primary key,
    athlete_id uuid not null references auth.users (id),
    minutes smallint not null check (minutes between 1 and 600)
);
alter table workouts enable row level security;
create policy workouts_read on workouts for select to authenticated using (athlete_id = auth.uid());
create policy workouts_drop on workouts for delete to authenticated using (true);
grant select, delete on workouts to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into workouts (athlete_id, minutes) values (:'owner', 40), (:'outsider', 25);
-- ## expect delete public.workouts outsider leak
delete from workouts
-- look
select from (select count(*) as n from workouts where athlete_id = :'owner') left_over where n = 0
-- ## expect select public.workouts outsider denied
select from workouts where athlete_id = :'owner'
