-- A measurement is read and overwritten by who has noted it: ON CONFLICT … RETURNING under the key of another one is refused.
-- style: supabase; secure
create table measurements (probe text primary key, noted_by uuid not null default auth.uid() references auth.users (id), remark text not null, level integer not null default 0);
alter table measurements enable row level security;
create policy own on measurements for select to authenticated using (noted_by = auth.uid());
create policy add on measurements for insert to authenticated with check (noted_by = auth.uid());
create policy change on measurements for update to authenticated using (noted_by = auth.uid()) with check (noted_by = auth.uid());
grant select, insert, update on measurements to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into measurements values ('north', :'owner', 'Too warm for June', 3), ('south', :'outsider', 'Fine', 1);
-- ## expect returning public.measurements outsider denied
insert into measurements values ('north', :'outsider', 'x', 1) on conflict (probe) do update set level = 9 returning remark
-- ## expect upsert public.measurements outsider denied
insert into measurements values ('north', :'outsider', 'x', 1) on conflict (probe) do update set level = 9
-- ## expect update public.measurements outsider denied
update measurements set level = 9 where noted_by = :'owner'
-- ## expect select public.measurements owner allowed
select from measurements where noted_by = :'owner'
