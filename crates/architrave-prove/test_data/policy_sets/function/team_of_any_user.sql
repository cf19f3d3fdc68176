-- A helper for policies can be called by itself, with anybody's id, and tells which team he is in and what he earns there.
-- style: supabase; hole
create table posts_held (user_id uuid primary key references auth.users (id), department text not null, salary_cents integer not null);
alter table posts_held enable row level security;
create policy posts_own on posts_held for select to authenticated using (user_id = auth.uid());
grant select on posts_held to authenticated;
create function post_of(who uuid) returns posts_held language sql stable security definer set search_path = '' as
    $$ select p from public.posts_held p where p.user_id = who $$;
revoke execute on function post_of(uuid) from public, anon;
grant execute on function post_of(uuid) to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into posts_held values (:'owner', 'Sales', 400000), (:'outsider', 'Legal', 1);
-- ## expect execute public.post_of(uuid) outsider leak
select from post_of(:'owner') p where p.user_id is not null
-- ## expect execute public.post_of(uuid) anonymous denied
select from post_of(:'owner') p where p.user_id is not null
-- ## expect select public.posts_held outsider denied
select from posts_held where user_id = :'owner'
