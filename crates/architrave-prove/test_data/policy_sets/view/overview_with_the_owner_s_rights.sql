-- A view without security_invoker reads past the table's policies.
-- style: supabase; hole
create table expenses (id integer primary key, user_id uuid not null references auth.users (id), cents integer not null, memo text not null);
alter table expenses enable row level security;
create policy expenses_own on expenses for select to authenticated using (user_id = auth.uid());
create view expense_overview as select id, user_id, cents from expenses;
grant select on expenses, expense_overview to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into expenses values (1, :'owner', 990, 'Shoes');
-- ## expect select public.expense_overview outsider leak
select from expense_overview where user_id = :'owner'
-- ## expect select public.expenses outsider denied
select from expenses where user_id = :'owner'
-- ## expect select public.expense_overview anonymous denied
select from expense_overview where user_id = :'owner'
