-- Row level security without any policy: nobody but the back end gets a row.
-- style: supabase; secure
create table budgets (
    user_id uuid primary key references auth.users (id),
    monthly_cents integer not null check (monthly_cents > 0)
);
alter table budgets enable row level security;
grant select, insert, update, delete on budgets to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into budgets values (:'owner', 120000);
-- ## expect select public.budgets outsider denied
select from budgets where user_id = :'owner'
-- ## expect update public.budgets outsider denied
update budgets set monthly_cents = 1 where user_id = :'owner'
-- ## expect insert public.budgets outsider denied|allowed
insert into budgets values (:'outsider', 5)
