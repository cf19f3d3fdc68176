-- A photo is as visible as its album; the album's own policy decides in the subquery.
-- style: supabase; secure
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
alter table albums enable row level security;
alter table photos enable row level security;
create policy albums_read on albums for select to authenticated using (is_public or owner_id = auth.uid());
create policy albums_write on albums for insert to authenticated with check (owner_id = auth.uid());
create policy photos_read on photos for select to authenticated using (album_id in (select id from albums));
create policy photos_add on photos for insert to authenticated with check (album_id in (select id from albums where owner_id = auth.uid()));
grant select, insert on albums, photos to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into albums (owner_id, is_public) values (:'owner', false), (:'outsider', false);
insert into photos (album_id, caption) values (1, 'Secret');
-- ## expect select public.photos outsider denied
select from photos where album_id = 1
-- ## expect insert public.photos outsider denied|allowed
insert into photos (album_id) values (1)
-- ## expect select public.albums outsider denied|allowed
select from albums where id = 1
-- ## expect select public.photos owner allowed
select from photos where album_id = 1
