-- A member edits his own membership, the column role included, and is an admin.
-- style: supabase; hole
create table shops (id uuid primary key default gen_random_uuid(), title text not null);
create table shop_staff (shop_id uuid not null references shops (id), user_id uuid not null references auth.users (id), role text not null default 'clerk' check (role in ('admin', 'clerk')), primary key (shop_id, user_id));
create table prices (id bigint generated always as identity primary key, shop_id uuid not null references shops (id), cents integer not null check (cents >= 0));
create function role_in_shop(shop uuid) returns text language sql stable security definer set search_path = '' as
    $$ select s.role from public.shop_staff s where s.shop_id = shop and s.user_id = auth.uid() $$;
alter table shops enable row level security;
alter table shop_staff enable row level security;
alter table prices enable row level security;
create policy shops_read on shops for select to authenticated using (role_in_shop(id) is not null);
create policy staff_read on shop_staff for select to authenticated using (user_id = auth.uid());
create policy staff_edit on shop_staff for update to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy prices_read on prices for select to authenticated using (role_in_shop(shop_id) is not null);
create policy prices_edit on prices for update to authenticated using (role_in_shop(shop_id) = 'admin');
grant select on shops to authenticated;
grant select, update (role) on shop_staff to authenticated;
grant select, update on prices to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'member', 'cyd@example.com'), (:'outsider', 'bob@example.com');
insert into shops values (:'tenant', 'A'), (:'other', 'B');
insert into shop_staff values (:'tenant', :'owner', 'admin'), (:'tenant', :'member', 'clerk'), (:'other', :'outsider', 'admin');
insert into prices (shop_id, cents) values (:'tenant', 100);
-- ## expect update public.prices member leak
update shop_staff set role = 'admin' where user_id = :'member';
update prices set cents = 0 where shop_id = :'tenant'
-- ## expect select public.prices outsider denied
select from prices where shop_id = :'tenant'
-- ## expect update public.prices outsider denied
update prices set cents = 0 where shop_id = :'tenant'
-- ## expect update public.shop_staff member leak
update shop_staff set role = 'admin' where user_id = :'member'
