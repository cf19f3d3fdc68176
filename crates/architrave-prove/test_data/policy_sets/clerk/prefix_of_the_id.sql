-- The id is compared as a prefix, and whoever is not signed in has the empty one, with which every text begins.
-- style: clerk; hole
create table uploads (id bigint generated always as identity primary key, user_id text not null, path text not null);
alter table uploads enable row level security;
create policy uploads_read on uploads for select using (user_id like coalesce(auth.jwt() ->> 'sub', '') || '%');
grant select on uploads to anon, authenticated;
-- ## seed
insert into uploads (user_id, path) values (:'owner', 'a.pdf');
-- ## expect select public.uploads anonymous leak
select from uploads where user_id = :'owner'
-- ## expect select public.uploads outsider denied
select from uploads where user_id = :'owner'
-- ## expect select public.uploads owner allowed
select from uploads where user_id = :'owner'
