-- The row's own tenant is checked, the tenant of what it points to is not: a booking of ours on a court of theirs.
-- style: supabase; hole
create table sports_clubs (id uuid primary key default gen_random_uuid(), title text not null);
create table sports_members (club_id uuid not null references sports_clubs (id), user_id uuid not null references auth.users (id), primary key (club_id, user_id));
create table courts (id integer primary key, club_id uuid not null references sports_clubs (id), surface text not null);
create table bookings (id integer primary key, club_id uuid not null references sports_clubs (id), court_id integer not null references courts (id), hour smallint not null check (hour between 6 and 22));
alter table sports_clubs enable row level security;
alter table sports_members enable row level security;
alter table courts enable row level security;
alter table bookings enable row level security;
create policy clubs_read on sports_clubs for select to authenticated using (exists (select 1 from sports_members m where m.club_id = sports_clubs.id and m.user_id = auth.uid()));
create policy members_read on sports_members for select to authenticated using (user_id = auth.uid());
create policy courts_all on courts for all to authenticated using (club_id in (select m.club_id from sports_members m where m.user_id = auth.uid()));
create policy bookings_all on bookings for all to authenticated using (club_id in (select m.club_id from sports_members m where m.user_id = auth.uid()));
grant select on sports_clubs, sports_members to authenticated;
grant select, insert, update, delete on courts, bookings to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into sports_clubs values (:'tenant', 'A'), (:'other', 'B');
insert into sports_members values (:'tenant', :'owner'), (:'other', :'outsider');
insert into courts values (1, :'tenant', 'clay'), (2, :'other', 'grass');
insert into bookings values (1, :'tenant', 1, 9);
-- ## expect insert public.bookings outsider leak
insert into bookings values (2, :'other', 1, 10)
-- ## expect select public.bookings outsider denied
select from bookings where club_id = :'tenant'
-- ## expect delete public.courts outsider denied
delete from courts where club_id = :'tenant'
