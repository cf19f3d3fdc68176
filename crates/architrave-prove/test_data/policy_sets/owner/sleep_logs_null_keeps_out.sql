-- The same with false: a null comparison lets nobody in.
-- style: supabase; secure
create table nap_logs (
    user_id uuid not null references auth.users (id),
    day date not null,
    minutes integer not null check (minutes between 1 and 300),
    primary key (user_id, day)
);
alter table nap_logs enable row level security;
create policy nap_read on nap_logs for select using (coalesce(user_id = auth.uid(), false));
grant select on nap_logs to anon, authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into nap_logs values (:'owner', '2026-01-05', 20);
-- ## expect select public.nap_logs anonymous denied
select from nap_logs where user_id = :'owner'
-- ## expect select public.nap_logs outsider denied
select from nap_logs where user_id = :'owner'
-- ## expect select public.nap_logs owner allowed
select from nap_logs where user_id = :'owner'
