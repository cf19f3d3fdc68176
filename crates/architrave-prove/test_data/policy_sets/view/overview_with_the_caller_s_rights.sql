-- The same view with security_invoker.
-- style: supabase; secure
create table savings (id integer primary key, user_id uuid not null references auth.users (id), cents integer not null, memo text not null);
alter table savings enable row level security;
create policy savings_own on savings for select to authenticated using (user_id = auth.uid());
create view savings_overview with (security_invoker = on) as select id, user_id, cents from savings;
grant select on savings, savings_overview to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into savings values (1, :'owner', 990, 'Shoes');
-- ## expect select public.savings_overview outsider denied
select from savings_overview where user_id = :'owner'
-- ## expect select public.savings_overview owner allowed
select from savings_overview where user_id = :'owner'
-- ## expect select public.savings outsider denied
select from savings where user_id = :'owner'
