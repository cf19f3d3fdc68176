-- Row level security was never switched on, and the API's roles have every privilege.
-- style: supabase; hole
create table recipes (
    id bigint generated always as identity primary key,
    cook_id uuid not null references auth.users (id),
    title text not null check (char_length(title) between 1 and 80)
);
grant select, insert, update, delete on recipes to anon, authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into recipes (cook_id, title) values (:'owner', 'Leek soup');
-- ## expect select public.recipes outsider leak
select from recipes where cook_id = :'owner'
-- ## expect select public.recipes anonymous leak
select from recipes where cook_id = :'owner'
-- ## expect update public.recipes outsider leak
update recipes set title = 'Ash' where cook_id = :'owner'
-- ## expect delete public.recipes anonymous leak
delete from recipes where cook_id = :'owner'
