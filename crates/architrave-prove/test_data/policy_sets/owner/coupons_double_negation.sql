-- NOT (… <> …) is an equality, however it looks.
-- style: supabase; secure
create table parking_permits (
    plate text primary key check (plate ~ '^[A-Z]{1,3}-[0-9]{1,4}$'),
    holder_id uuid not null references auth.users (id)
);
alter table parking_permits enable row level security;
create policy permits_own on parking_permits to authenticated
    using (not (holder_id <> auth.uid())) with check (not (holder_id is distinct from auth.uid()));
grant select, insert, update, delete on parking_permits to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into parking_permits values ('M-12', :'owner');
-- ## expect select public.parking_permits outsider denied
select from parking_permits where holder_id = :'owner'
-- ## expect insert public.parking_permits outsider denied|allowed
insert into parking_permits values ('B-99', :'owner')
-- ## expect delete public.parking_permits outsider denied
delete from parking_permits where plate = 'M-12'
-- ## expect select public.parking_permits owner allowed
select from parking_permits where plate = 'M-12'
