-- The same function, which asks whose the invoice is.
-- style: supabase; secure
create table bills (id integer primary key, customer_id uuid not null references auth.users (id), cents integer not null);
alter table bills enable row level security;
create policy bills_own on bills for select to authenticated using (customer_id = auth.uid());
grant select on bills to authenticated;
create function get_bill(bill integer) returns setof bills language sql stable security definer set search_path = '' as
    $$ select * from public.bills b where b.id = bill and b.customer_id = auth.uid() $$;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into bills values (1, :'owner', 990), (2, :'outsider', 10);
-- ## expect execute public.get_bill(integer) outsider denied
select from get_bill(1)
-- ## expect execute public.get_bill(integer) anonymous denied
select from get_bill(1)
-- ## expect select public.bills outsider denied
select from bills where customer_id = :'owner'
