-- AND binds stronger than OR: the last operand stands alone, and lets every unlocked list through.
-- style: supabase; hole
create table playlists (
    id bigint generated always as identity primary key,
    user_id uuid not null references auth.users (id),
    title text not null,
    locked boolean not null default false,
    archived boolean not null default false
);
alter table playlists enable row level security;
create policy playlists_edit on playlists for update to authenticated
    using (user_id = auth.uid() and not archived or not locked) with check (true);
create policy playlists_read on playlists for select to authenticated using (user_id = auth.uid() and not archived or not locked);
grant select, update on playlists to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into playlists (user_id, title) values (:'owner', 'Night'), (:'outsider', 'Day');
-- ## expect select public.playlists outsider leak
select from playlists where user_id = :'owner'
-- ## expect update public.playlists outsider leak
update playlists set title = 'x' where user_id = :'owner'
-- ## expect select public.playlists anonymous denied
select from playlists where user_id = :'owner'
