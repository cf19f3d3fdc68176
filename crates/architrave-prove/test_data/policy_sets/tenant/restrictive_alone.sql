-- Only restrictive policies: nothing lets anybody in.
-- style: supabase; secure
create table sealed_bids (id bigint generated always as identity primary key, bidder_id uuid not null references auth.users (id), cents integer not null);
alter table sealed_bids enable row level security;
create policy bids_own on sealed_bids as restrictive for select to authenticated using (true);
grant select, insert on sealed_bids to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into sealed_bids (bidder_id, cents) values (:'owner', 100);
-- ## expect select public.sealed_bids outsider denied
select from sealed_bids where bidder_id = :'owner'
-- ## expect insert public.sealed_bids outsider denied|allowed
insert into sealed_bids (bidder_id, cents) values (:'owner', 5)
