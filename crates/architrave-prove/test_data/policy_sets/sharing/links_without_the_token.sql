-- The policy asks whether the row has a token, not whether the caller knows it.
-- style: supabase; hole
create table shared_lists (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null references auth.users (id),
    title text not null,
    share_token text not null unique default md5(random()::text)
);
alter table shared_lists enable row level security;
create policy lists_own on shared_lists for all to authenticated using (owner_id = auth.uid()) with check (owner_id = auth.uid());
create policy lists_by_link on shared_lists for select to anon, authenticated using (share_token is not null);
grant select on shared_lists to anon;
grant select, insert, update, delete on shared_lists to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into shared_lists (owner_id, title) values (:'owner', 'Wishes');
-- ## expect select public.shared_lists anonymous leak
select share_token from shared_lists where owner_id = :'owner'
-- ## expect select public.shared_lists outsider leak
select from shared_lists where owner_id = :'owner'
-- ## expect update public.shared_lists outsider denied
update shared_lists set title = 'x' where owner_id = :'owner'
