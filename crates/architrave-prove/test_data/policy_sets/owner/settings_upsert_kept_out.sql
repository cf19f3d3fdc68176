-- One row per user, written with ON CONFLICT: the row in the way has to be one's own.
-- style: supabase; secure
create table user_settings (
    user_id uuid primary key references auth.users (id) on delete cascade,
    theme text not null default 'light' check (theme in ('light', 'dark', 'system'))
);
alter table user_settings enable row level security;
create policy settings_own on user_settings for all to authenticated using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
grant select, insert, update on user_settings to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into user_settings values (:'owner', 'dark'), (:'outsider', 'light');
-- ## expect upsert public.user_settings outsider denied|allowed
insert into user_settings values (:'owner', 'light') on conflict (user_id) do update set theme = excluded.theme
-- ## expect select public.user_settings outsider denied
select from user_settings where user_id = :'owner'
-- ## expect upsert public.user_settings owner allowed
insert into user_settings values (:'owner', 'light') on conflict (user_id) do update set theme = excluded.theme
