-- A function with the rights of its owner gives any invoice to whoever names it.
-- style: supabase; hole
create table invoices (id integer primary key, customer_id uuid not null references auth.users (id), cents integer not null);
alter table invoices enable row level security;
create policy invoices_own on invoices for select to authenticated using (customer_id = auth.uid());
grant select on invoices to authenticated;
create function get_invoice(invoice integer) returns setof invoices language sql stable security definer set search_path = '' as
    $$ select * from public.invoices i where i.id = invoice $$;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into invoices values (1, :'owner', 990), (2, :'outsider', 10);
-- ## expect execute public.get_invoice(integer) outsider leak
select from get_invoice(1)
-- ## expect execute public.get_invoice(integer) anonymous leak
select from get_invoice(1)
-- ## expect select public.invoices outsider denied
select from invoices where customer_id = :'owner'
