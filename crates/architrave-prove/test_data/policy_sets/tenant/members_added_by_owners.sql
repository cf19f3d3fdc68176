-- Only the owner of a team adds members; nobody can slip in.
-- style: supabase; secure
create table bands (id uuid primary key default gen_random_uuid(), founder_id uuid not null references auth.users (id), title text not null);
create table band_members (band_id uuid not null references bands (id), user_id uuid not null references auth.users (id), primary key (band_id, user_id));
create table songs (id bigint generated always as identity primary key, band_id uuid not null references bands (id), lyrics text not null);
create function founded(band uuid) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.bands b where b.id = band and b.founder_id = auth.uid()) $$;
create function plays_in(band uuid) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.band_members m where m.band_id = band and m.user_id = auth.uid()) $$;
alter table bands enable row level security;
alter table band_members enable row level security;
alter table songs enable row level security;
create policy bands_read on bands for select to authenticated using (founder_id = auth.uid() or plays_in(id));
create policy bands_found on bands for insert to authenticated with check (founder_id = auth.uid());
create policy members_read on band_members for select to authenticated using (plays_in(band_id) or founded(band_id));
create policy members_add on band_members for insert to authenticated with check (founded(band_id));
create policy members_leave on band_members for delete to authenticated using (user_id = auth.uid() or founded(band_id));
create policy songs_all on songs for all to authenticated using (plays_in(band_id)) with check (plays_in(band_id));
grant select, insert on bands to authenticated;
grant select, insert, delete on band_members to authenticated;
grant select, insert, update, delete on songs to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'member', 'cyd@example.com'), (:'outsider', 'bob@example.com');
insert into bands values (:'tenant', :'owner', 'Strings'), (:'other', :'outsider', 'Drums');
insert into band_members values (:'tenant', :'owner'), (:'tenant', :'member'), (:'other', :'outsider');
insert into songs (band_id, lyrics) values (:'tenant', 'La');
-- ## expect insert public.band_members outsider denied|allowed
insert into band_members values (:'tenant', :'outsider')
-- ## expect select public.songs outsider denied
select from songs where band_id = :'tenant'
-- ## expect insert public.songs outsider denied|allowed
insert into songs (band_id, lyrics) values (:'tenant', 'x')
-- ## expect select public.songs member allowed
select from songs where band_id = :'tenant'
-- ## expect delete public.band_members outsider denied
delete from band_members where band_id = :'tenant'
