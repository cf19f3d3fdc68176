-- Public rows are meant to be read by everybody; this UPDATE policy lets everybody change them, too.
-- style: supabase; hole
create table stickers (
    id uuid primary key default gen_random_uuid(),
    artist_id uuid not null references auth.users (id),
    caption text not null,
    is_public boolean not null default false
);
alter table stickers enable row level security;
create policy stickers_read on stickers for select to authenticated using (is_public or artist_id = auth.uid());
create policy stickers_edit on stickers for update to authenticated using (is_public or artist_id = auth.uid()) with check (is_public or artist_id = auth.uid());
create policy stickers_add on stickers for insert to authenticated with check (artist_id = auth.uid());
grant select, insert, update on stickers to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into stickers (artist_id, caption, is_public) values (:'owner', 'Hi', true), (:'owner', 'Private', false);
-- ## expect update public.stickers outsider leak
update stickers set caption = 'Defaced' where artist_id = :'owner'
-- ## expect insert public.stickers outsider denied|allowed
insert into stickers (artist_id, caption, is_public) values (:'owner', 'x', true)
-- ## expect update public.stickers anonymous denied
update stickers set caption = 'Defaced' where artist_id = :'owner'
