-- No row level security, and no privilege for anybody but the back end: nothing is reachable.
-- style: supabase; secure
create table recipe_imports (
    id bigint generated always as identity primary key,
    cook_id uuid not null references auth.users (id),
    source_url text not null
);
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com');
insert into recipe_imports (cook_id, source_url) values (:'owner', 'https://example.com/soup');
-- ## expect select public.recipe_imports outsider denied
select from recipe_imports where cook_id = :'owner'
-- ## expect delete public.recipe_imports anonymous denied
delete from recipe_imports where cook_id = :'owner'
