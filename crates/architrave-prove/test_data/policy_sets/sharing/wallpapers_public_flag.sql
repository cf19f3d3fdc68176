-- A flag makes a picture public: whoever is not signed in sees public ones only.
-- style: supabase; secure
create table wallpapers (
    id uuid primary key default gen_random_uuid(),
    uploader_id uuid not null references auth.users (id),
    path text not null,
    is_public boolean not null default false
);
alter table wallpapers enable row level security;
create policy wallpapers_public on wallpapers for select to anon, authenticated using (is_public);
create policy wallpapers_own on wallpapers for all to authenticated using (uploader_id = auth.uid()) with check (uploader_id = auth.uid());
grant select on wallpapers to anon;
grant select, insert, update, delete on wallpapers to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into wallpapers (uploader_id, path, is_public) values (:'owner', 'a.png', true), (:'owner', 'b.png', false);
-- ## expect update public.wallpapers outsider denied
update wallpapers set path = 'x' where uploader_id = :'owner'
-- ## expect update public.wallpapers anonymous denied
update wallpapers set path = 'x' where uploader_id = :'owner'
-- ## expect insert public.wallpapers outsider denied|allowed
insert into wallpapers (uploader_id, path, is_public) values (:'owner', 'x', true)
-- ## expect select public.wallpapers owner allowed
select from wallpapers where uploader_id = :'owner' and not is_public
