-- The policy keeps anonymous sign-ins out, and lets every other user read everybody's rows.
-- style: supabase; hole
create table recordings (id bigint generated always as identity primary key, user_id uuid not null references auth.users (id), path text not null);
alter table recordings enable row level security;
create policy recordings_read on recordings for select to authenticated using ((auth.jwt() ->> 'is_anonymous')::boolean is not true);
create policy recordings_add on recordings for insert to authenticated with check (user_id = auth.uid());
grant select, insert on recordings to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into recordings (user_id, path) values (:'owner', 'a.wav');
-- ## expect select public.recordings outsider leak
select from recordings where user_id = :'owner'
-- ## expect insert public.recordings outsider denied|allowed
insert into recordings (user_id, path) values (:'owner', 'x.wav')
-- ## expect select public.recordings anonymous denied
select from recordings where user_id = :'owner'
