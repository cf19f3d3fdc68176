-- Deleted rows vanish for everybody, their user included.
-- style: supabase; secure
create table bookmarks (
    id bigint generated always as identity primary key,
    user_id uuid not null references auth.users (id),
    url text not null,
    deleted_at timestamptz
);
alter table bookmarks enable row level security;
create policy bookmarks_read on bookmarks for select to authenticated using (user_id = auth.uid() and deleted_at is null);
create policy bookmarks_edit on bookmarks for update to authenticated using (user_id = auth.uid() and deleted_at is null) with check (user_id = auth.uid());
grant select, update on bookmarks to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into bookmarks (user_id, url, deleted_at) values (:'owner', 'https://a.example', now()), (:'owner', 'https://b.example', null);
-- ## expect select public.bookmarks outsider denied
select from bookmarks where user_id = :'owner'
-- ## expect update public.bookmarks outsider denied
update bookmarks set url = 'x' where user_id = :'owner'
-- ## expect select public.bookmarks owner allowed
select from bookmarks where user_id = :'owner'
