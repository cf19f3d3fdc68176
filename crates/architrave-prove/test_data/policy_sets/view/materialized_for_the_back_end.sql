-- The materialized view is there, and the API's roles have no privilege on it.
-- style: supabase; secure
create table shipments (id integer primary key, user_id uuid not null references auth.users (id), grams integer not null);
alter table shipments enable row level security;
create policy shipments_own on shipments for select to authenticated using (user_id = auth.uid());
create materialized view shipment_totals as select user_id, sum(grams) as grams from shipments group by user_id;
grant select on shipments to authenticated;
revoke all on shipment_totals from anon, authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into shipments values (1, :'owner', 50);
refresh materialized view shipment_totals;
-- ## expect select public.shipment_totals outsider denied
select from shipment_totals where user_id = :'owner'
-- ## expect select public.shipments outsider denied
select from shipments where user_id = :'owner'
