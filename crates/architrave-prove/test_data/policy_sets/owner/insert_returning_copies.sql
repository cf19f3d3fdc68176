-- A trigger copies the recipe's text into the order for it, and nobody asks whose recipe it is: INSERT … RETURNING reads it.
-- style: supabase; hole
create table recipes (id integer primary key, cook_id uuid not null references auth.users (id), secret_steps text not null);
create table recipe_orders (id integer primary key, buyer_id uuid not null references auth.users (id), recipe_id integer not null references recipes (id), steps text);
create function copy_steps() returns trigger language plpgsql security definer set search_path = '' as
    $$ begin new.steps := (select r.secret_steps from public.recipes r where r.id = new.recipe_id); return new; end $$;
create trigger copy_steps before insert on recipe_orders for each row execute function copy_steps();
alter table recipes enable row level security;
alter table recipe_orders enable row level security;
create policy recipes_own on recipes for all to authenticated using (cook_id = auth.uid()) with check (cook_id = auth.uid());
create policy orders_own on recipe_orders for all to authenticated using (buyer_id = auth.uid()) with check (buyer_id = auth.uid());
grant select, insert, update, delete on recipes, recipe_orders to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into recipes values (1, :'owner', 'Stir for an hour'), (2, :'outsider', 'Do not stir');
insert into recipe_orders values (1, :'owner', 1), (2, :'outsider', 2);
-- ## expect returning public.recipe_orders outsider leak
insert into recipe_orders (id, buyer_id, recipe_id) values (9, :'outsider', 1) returning steps
-- ## expect select public.recipes outsider denied
select from recipes where cook_id = :'owner'
-- ## expect select public.recipe_orders outsider denied
select from recipe_orders where buyer_id = :'owner'
