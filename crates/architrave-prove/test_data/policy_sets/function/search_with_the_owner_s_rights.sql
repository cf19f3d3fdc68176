-- The same search with the rights of its owner: everybody's snippets.
-- style: supabase; hole
create table clippings (id integer primary key, user_id uuid not null references auth.users (id), body text not null);
alter table clippings enable row level security;
create policy clippings_own on clippings for all to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete on clippings to authenticated;
create function recent_clippings() returns setof clippings language sql stable security definer set search_path = '' as
    $$ select * from public.clippings order by id desc limit 20 $$;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into clippings values (1, :'owner', 'select 1');
-- ## expect execute public.recent_clippings() outsider leak
select from recent_clippings() where user_id = :'owner'
-- ## expect execute public.recent_clippings() anonymous leak
select from recent_clippings() where user_id = :'owner'
-- ## expect select public.clippings outsider denied
select from clippings where user_id = :'owner'
