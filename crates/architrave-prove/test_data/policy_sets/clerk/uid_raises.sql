-- auth.uid() casts Clerk's id to uuid and raises 22P02 on every query: broken for everybody, no leak.
-- style: clerk; secure
create table pins (id bigint generated always as identity primary key, user_id text not null, url text not null);
alter table pins enable row level security;
create policy pins_own on pins for all to authenticated using (user_id = auth.uid()::text) with check (user_id = auth.uid()::text);
grant select, insert, update, delete on pins to authenticated;
-- ## seed
insert into pins (user_id, url) values (:'owner', 'https://a.example');
-- ## expect select public.pins outsider denied
select from pins where user_id = :'owner'
-- ## expect delete public.pins outsider denied
delete from pins where user_id = :'owner'
-- ## expect select public.pins anonymous denied
select from pins where user_id = :'owner'
