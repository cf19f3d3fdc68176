-- The table of users was opened for the webhook, which uses the public key: everybody changes everybody.
-- style: clerk; hole
create table app_users (id text primary key, email text, credits integer not null default 0);
create table prompts (id bigint generated always as identity primary key, user_id text not null references app_users (id), body text not null);
alter table app_users enable row level security;
alter table prompts enable row level security;
create policy users_read on app_users for select to authenticated using (id = auth.jwt() ->> 'sub');
create policy users_sync on app_users for update to anon, authenticated using (true) with check (true);
create policy prompts_own on prompts for all to authenticated using (user_id = auth.jwt() ->> 'sub') with check (user_id = auth.jwt() ->> 'sub');
grant select, update on app_users to authenticated;
grant update on app_users to anon;
grant select, insert, update, delete on prompts to authenticated;
-- ## seed
insert into app_users values (:'owner', 'ada@example.com', 5), (:'outsider', 'bob@example.com', 0);
insert into prompts (user_id, body) values (:'owner', 'Hello');
-- ## expect update public.app_users anonymous leak
update app_users set credits = 0
-- look
select from app_users where id = :'owner' and credits = 0
-- ## expect update public.app_users outsider leak
update app_users set credits = 0
-- look
select from app_users where id = :'owner' and credits = 0
-- ## expect select public.app_users outsider denied
select from app_users where id = :'owner'
-- ## expect select public.prompts outsider denied
select from prompts where user_id = :'owner'
