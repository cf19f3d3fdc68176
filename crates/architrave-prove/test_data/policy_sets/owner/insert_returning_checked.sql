-- The same copy of a text, for recipes of one's own alone: the foreign key holds the cook.
-- style: supabase; secure
create table recipes (id integer primary key, cook_id uuid not null references auth.users (id), secret_steps text not null, unique (cook_id, id));
create table recipe_cards (
    id integer primary key, cook_id uuid not null references auth.users (id), recipe_id integer not null, steps text,
    foreign key (cook_id, recipe_id) references recipes (cook_id, id)
);
create function copy_steps() returns trigger language plpgsql security definer set search_path = '' as
    $$ begin new.steps := (select r.secret_steps from public.recipes r where r.id = new.recipe_id and r.cook_id = new.cook_id); return new; end $$;
create trigger copy_steps before insert on recipe_cards for each row execute function copy_steps();
alter table recipes enable row level security;
alter table recipe_cards enable row level security;
create policy recipes_own on recipes for all to authenticated using (cook_id = auth.uid()) with check (cook_id = auth.uid());
create policy cards_own on recipe_cards for all to authenticated using (cook_id = auth.uid()) with check (cook_id = auth.uid());
grant select, insert, update, delete on recipes, recipe_cards to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into recipes values (1, :'owner', 'Stir for an hour'), (2, :'outsider', 'Do not stir');
insert into recipe_cards values (1, :'owner', 1), (2, :'outsider', 2);
-- ## expect returning public.recipe_cards outsider denied
update recipe_cards set steps = steps where cook_id = :'owner' returning steps
-- ## expect insert public.recipe_cards outsider denied|allowed
insert into recipe_cards (id, cook_id, recipe_id) values (9, :'owner', 1)
-- ## expect select public.recipes outsider denied
select from recipes where cook_id = :'owner'
