-- A view with the rights of its owner, which filters by the caller itself and is a barrier.
-- style: supabase; secure
create schema hidden;
create table hidden.orders (id integer primary key, buyer_id uuid not null references auth.users (id), cents integer not null);
create view my_orders with (security_barrier = true) as select id, buyer_id, cents from hidden.orders where buyer_id = auth.uid();
grant select on my_orders to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into hidden.orders values (1, :'owner', 990), (2, :'outsider', 20);
-- ## expect select public.my_orders outsider denied
select from my_orders where buyer_id = :'owner'
-- ## expect select public.my_orders owner allowed
select from my_orders where buyer_id = :'owner'
-- ## expect select public.my_orders anonymous denied
select from my_orders
