-- INSERT is checked, the UPDATE behind ON CONFLICT is not: the best score of anybody can be overwritten by his key.
-- style: supabase; hole
create table high_scores (
    slot integer primary key,
    player_id uuid not null references auth.users (id),
    points integer not null check (points >= 0)
);
alter table high_scores enable row level security;
create policy scores_read on high_scores for select to authenticated using (true);
create policy scores_add on high_scores for insert to authenticated with check (player_id = auth.uid());
create policy scores_beat on high_scores for update to authenticated using (true) with check (player_id = auth.uid());
grant select, insert, update on high_scores to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into high_scores values (1, :'owner', 900), (2, :'outsider', 10);
-- ## expect upsert public.high_scores outsider leak
insert into high_scores values (1, :'outsider', 1) on conflict (slot) do update set player_id = excluded.player_id, points = excluded.points
-- ## expect update public.high_scores outsider leak
update high_scores set player_id = :'outsider', points = 0 where slot = 1
-- ## expect insert public.high_scores outsider denied|allowed
insert into high_scores values (3, :'owner', 1)
