-- A friendship is asked for as pending, and only the addressee changes its state, and nothing but its state.
-- style: supabase; secure
create table follows (
    follower_id uuid not null references auth.users (id), followed_id uuid not null references auth.users (id),
    state text not null default 'pending' check (state in ('pending', 'accepted')),
    primary key (follower_id, followed_id), check (follower_id <> followed_id)
);
create table stories (id bigint generated always as identity primary key, author_id uuid not null references auth.users (id), body text not null);
alter table follows enable row level security;
alter table stories enable row level security;
create policy follows_read on follows for select to authenticated using (auth.uid() in (follower_id, followed_id));
create policy follows_ask on follows for insert to authenticated with check (follower_id = auth.uid() and state = 'pending');
create policy follows_answer on follows for update to authenticated using (followed_id = auth.uid()) with check (followed_id = auth.uid());
create policy stories_read on stories for select to authenticated using (
    author_id = auth.uid() or exists (select 1 from follows f where f.follower_id = auth.uid() and f.followed_id = author_id and f.state = 'accepted'));
grant select, insert, update (state) on follows to authenticated;
grant select on stories to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into stories (author_id, body) values (:'owner', 'Once');
-- ## expect select public.stories outsider denied
insert into follows values (:'outsider', :'owner', 'accepted');
select from stories where author_id = :'owner'
-- ## expect select public.stories anonymous denied
select from stories where author_id = :'owner'
-- ## expect select public.stories owner allowed
select from stories where author_id = :'owner'
