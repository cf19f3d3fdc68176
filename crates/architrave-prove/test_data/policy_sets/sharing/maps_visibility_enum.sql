-- An enum of visibilities: only public maps are listed, unlisted and private ones are the author's.
-- style: supabase; secure
create type map_visibility as enum ('private', 'unlisted', 'public');
create table hiking_maps (
    id bigint generated always as identity primary key,
    created_by uuid not null references auth.users (id),
    title text not null,
    visibility map_visibility not null default 'private'
);
alter table hiking_maps enable row level security;
create policy maps_public on hiking_maps for select to anon, authenticated using (visibility = 'public');
create policy maps_own_read on hiking_maps for select to authenticated using (created_by = auth.uid());
create policy maps_own_edit on hiking_maps for update to authenticated using (created_by = auth.uid());
grant select on hiking_maps to anon, authenticated;
grant update on hiking_maps to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into hiking_maps (created_by, title, visibility) values (:'owner', 'Alps', 'public'), (:'owner', 'Home', 'private'), (:'outsider', 'Lake', 'private');
-- ## expect update public.hiking_maps outsider denied
update hiking_maps set title = 'x' where created_by = :'owner'
-- ## expect update public.hiking_maps anonymous denied
update hiking_maps set title = 'x' where created_by = :'owner'
-- ## expect select public.hiking_maps owner allowed
select from hiking_maps where created_by = :'owner' and visibility = 'private'
