-- A helper with the rights of its owner looks past the album's policy: that the album exists is enough.
-- style: supabase; hole
create table albums (
    id bigint generated always as identity primary key,
    owner_id uuid not null references auth.users (id),
    is_public boolean not null default false
);
create table photos (
    id bigint generated always as identity primary key,
    album_id bigint not null references albums (id) on delete cascade,
    caption text not null default ''
);
create function album_exists(album bigint) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.albums a where a.id = album) $$;
alter table albums enable row level security;
alter table photos enable row level security;
create policy albums_read on albums for select to authenticated using (is_public or owner_id = auth.uid());
create policy photos_read on photos for select to authenticated using (album_exists(album_id));
grant select on albums, photos to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into albums (owner_id, is_public) values (:'owner', false), (:'outsider', false);
insert into photos (album_id, caption) values (1, 'Secret');
-- ## expect select public.photos outsider leak
select from photos where album_id = 1
-- ## expect select public.albums outsider denied|allowed
select from albums where id = 1
-- ## expect select public.photos anonymous denied
select from photos where album_id = 1
