-- Profiles come from a webhook: everybody reads his own, only the back end writes.
-- style: clerk; secure
create table users (id text primary key check (id ~ '^user_'), email text, clerk_updated_at timestamptz, deleted_at timestamptz);
create table wishlists (id bigint generated always as identity primary key, user_id text not null references users (id), article text not null);
alter table users enable row level security;
alter table wishlists enable row level security;
create policy users_own on users for select to authenticated using (id = (select auth.jwt() ->> 'sub') and deleted_at is null);
create policy wishlists_own on wishlists for all to authenticated using (user_id = (select auth.jwt() ->> 'sub')) with check (user_id = (select auth.jwt() ->> 'sub'));
grant select on users to authenticated;
grant select, insert, update, delete on wishlists to authenticated;
-- ## seed
insert into users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into wishlists (user_id, article) values (:'owner', 'Lamp'), (:'outsider', 'Desk');
-- ## expect select public.users outsider denied
select from users where id = :'owner'
-- ## expect insert public.wishlists outsider denied|allowed
insert into wishlists (user_id, article) values (:'owner', 'x')
-- ## expect update public.wishlists outsider denied
update wishlists set user_id = :'owner' where user_id = :'outsider'
-- ## expect select public.wishlists owner allowed
select from wishlists where user_id = :'owner'
