-- A materialized view holds everybody's rows and has no row level security.
-- style: supabase; hole
create table trades (id integer primary key, trader_id uuid not null references auth.users (id), shares integer not null);
alter table trades enable row level security;
create policy trades_own on trades for select to authenticated using (trader_id = auth.uid());
create materialized view trade_totals as select trader_id, sum(shares) as shares from trades group by trader_id;
grant select on trades, trade_totals to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into trades values (1, :'owner', 50);
refresh materialized view trade_totals;
-- ## expect select public.trade_totals outsider leak
select from trade_totals where trader_id = :'owner'
-- ## expect select public.trades outsider denied
select from trades where trader_id = :'owner'
