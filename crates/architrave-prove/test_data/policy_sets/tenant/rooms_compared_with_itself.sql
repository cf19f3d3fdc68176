-- m.club_id = m.club_id: the alias is on both sides, so membership of any club opens the rooms of all.
-- style: supabase; hole
create table clubs (id uuid primary key default gen_random_uuid(), title text not null);
create table club_members (club_id uuid not null references clubs (id), user_id uuid not null references auth.users (id), primary key (club_id, user_id));
create table rooms (id bigint generated always as identity primary key, club_id uuid not null references clubs (id), door_code text not null);
alter table clubs enable row level security;
alter table club_members enable row level security;
alter table rooms enable row level security;
create policy clubs_read on clubs for select to authenticated
    using (exists (select 1 from club_members m where m.club_id = clubs.id and m.user_id = auth.uid()));
create policy members_read on club_members for select to authenticated using (user_id = auth.uid());
create policy rooms_read on rooms for select to authenticated
    using (exists (select 1 from club_members m where m.club_id = m.club_id and m.user_id = auth.uid()));
grant select on clubs, club_members, rooms to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into clubs values (:'tenant', 'Chess'), (:'other', 'Go');
insert into club_members values (:'tenant', :'owner'), (:'other', :'outsider');
insert into rooms (club_id, door_code) values (:'tenant', '1234');
-- ## expect select public.rooms outsider leak
select from rooms where club_id = :'tenant'
-- ## expect select public.clubs outsider denied
select from clubs where id = :'tenant'
-- ## expect select public.rooms anonymous denied
select from rooms where club_id = :'tenant'
