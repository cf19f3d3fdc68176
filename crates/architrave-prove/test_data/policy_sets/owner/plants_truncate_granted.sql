-- Every policy is right, and GRANT ALL brings TRUNCATE, which no policy stops.
-- style: supabase; hole
create table house_plants (
    id bigint generated always as identity primary key,
    user_id uuid not null references auth.users (id),
    species text not null
);
alter table house_plants enable row level security;
create policy plants_own on house_plants to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
grant all on house_plants to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into house_plants (user_id, species) values (:'owner', 'Monstera');
-- ## expect truncate public.house_plants outsider leak|open
truncate house_plants
-- ## expect select public.house_plants outsider denied
select from house_plants where user_id = :'owner'
-- ## expect delete public.house_plants outsider denied
delete from house_plants where user_id = :'owner'
-- ## expect truncate public.house_plants anonymous denied
truncate house_plants
