-- Releases become public at their time; before it they are their author's.
-- style: supabase; secure
create table press_releases (
    id bigint generated always as identity primary key,
    author_id uuid not null references auth.users (id),
    headline text not null,
    published_at timestamptz
);
alter table press_releases enable row level security;
create policy releases_out on press_releases for select to anon, authenticated using (published_at <= now());
create policy releases_own on press_releases for all to authenticated using (author_id = auth.uid()) with check (author_id = auth.uid());
grant select on press_releases to anon;
grant select, insert, update, delete on press_releases to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into press_releases (author_id, headline, published_at) values (:'owner', 'Soon', now() + interval '1 year'), (:'owner', 'Maybe', null);
-- ## expect update public.press_releases outsider denied
update press_releases set published_at = now() where author_id = :'owner'
-- ## expect delete public.press_releases outsider denied
delete from press_releases where author_id = :'owner'
-- ## expect update public.press_releases anonymous denied
update press_releases set published_at = now() where author_id = :'owner'
