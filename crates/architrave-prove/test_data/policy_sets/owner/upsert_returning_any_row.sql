-- Whoever is signed in may overwrite and read a measurement under its key: INSERT … ON CONFLICT … RETURNING gives what others have noted.
-- style: supabase; hole
create table measurements (probe text primary key, noted_by uuid not null default auth.uid() references auth.users (id), remark text not null, level integer not null default 0);
alter table measurements enable row level security;
create policy own on measurements for select to authenticated using (noted_by = auth.uid() or level >= 0);
create policy add on measurements for insert to authenticated with check (noted_by = auth.uid());
create policy change on measurements for update to authenticated using (level >= 0) with check (noted_by is not null);
grant select, insert, update on measurements to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into measurements values ('north', :'owner', 'Too warm for June', 3), ('south', :'outsider', 'Fine', 1);
-- ## expect returning public.measurements outsider leak
insert into measurements values ('north', :'outsider', 'x', 1) on conflict (probe) do update set level = 9 returning remark
-- ## expect upsert public.measurements outsider leak
insert into measurements values ('north', :'outsider', 'x', 1) on conflict (probe) do update set level = 9
-- ## expect select public.measurements outsider leak
select from measurements where noted_by = :'owner'
