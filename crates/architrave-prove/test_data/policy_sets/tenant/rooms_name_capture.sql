-- The unqualified club_id inside the subquery is the membership's, not the room's.
-- style: supabase; hole
create table guilds (id uuid primary key default gen_random_uuid(), title text not null);
create table guild_members (guild_id uuid not null references guilds (id), user_id uuid not null references auth.users (id), primary key (guild_id, user_id));
create table treasures (id bigint generated always as identity primary key, guild_id uuid not null references guilds (id), gold integer not null check (gold >= 0));
alter table guild_members enable row level security;
alter table guilds enable row level security;
alter table treasures enable row level security;
create policy guilds_read on guilds for select to authenticated using (true);
create policy members_read on guild_members for select to authenticated using (user_id = auth.uid());
create policy treasures_all on treasures for all to authenticated
    using (exists (select 1 from guild_members where guild_members.guild_id = guild_id and user_id = auth.uid()));
grant select on guilds, guild_members to authenticated;
grant select, insert, update, delete on treasures to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into guilds values (:'tenant', 'Red'), (:'other', 'Blue');
insert into guild_members values (:'tenant', :'owner'), (:'other', :'outsider');
insert into treasures (guild_id, gold) values (:'tenant', 100);
-- ## expect select public.treasures outsider leak
select from treasures where guild_id = :'tenant'
-- ## expect update public.treasures outsider leak
update treasures set gold = 0 where guild_id = :'tenant'
-- ## expect delete public.treasures outsider leak
delete from treasures where guild_id = :'tenant'
-- ## expect insert public.treasures outsider leak
insert into treasures (guild_id, gold) values (:'tenant', 1)
-- ## expect select public.treasures anonymous denied
select from treasures where guild_id = :'tenant'
