-- coalesce(… , true): whoever is not signed in has no id, the comparison is null, and null becomes true.
-- style: supabase; hole
create table sleep_logs (
    user_id uuid not null references auth.users (id),
    night date not null,
    hours numeric(3,1) not null check (hours between 0 and 24),
    primary key (user_id, night)
);
alter table sleep_logs enable row level security;
create policy sleep_read on sleep_logs for select using (coalesce(user_id = auth.uid(), true));
grant select on sleep_logs to anon, authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into sleep_logs values (:'owner', '2026-01-05', 7.5);
-- ## expect select public.sleep_logs anonymous leak
select from sleep_logs where user_id = :'owner'
-- ## expect select public.sleep_logs outsider denied
select from sleep_logs where user_id = :'owner'
