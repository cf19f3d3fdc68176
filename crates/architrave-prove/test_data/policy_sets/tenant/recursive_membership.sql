-- The membership's policy asks the membership: 42P17 for everybody. Broken, but no leak.
-- style: supabase; secure
create table orchestras (id uuid primary key default gen_random_uuid(), title text not null);
create table players (orchestra_id uuid not null references orchestras (id), user_id uuid not null references auth.users (id), primary key (orchestra_id, user_id));
alter table orchestras enable row level security;
alter table players enable row level security;
create policy orchestras_read on orchestras for select to authenticated using (exists (select 1 from players p where p.orchestra_id = orchestras.id and p.user_id = auth.uid()));
create policy players_read on players for select to authenticated
    using (exists (select 1 from players p where p.orchestra_id = players.orchestra_id and p.user_id = auth.uid()));
grant select on orchestras, players to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into orchestras values (:'tenant', 'Ours'), (:'other', 'Theirs');
insert into players values (:'tenant', :'owner'), (:'other', :'outsider');
-- ## expect select public.players outsider denied
select from players where orchestra_id = :'tenant'
-- ## expect select public.orchestras outsider denied
select from orchestras where id = :'tenant'
