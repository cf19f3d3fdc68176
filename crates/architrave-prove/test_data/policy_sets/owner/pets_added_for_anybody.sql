-- WITH CHECK (true): a row may be added in anybody's name.
-- style: supabase; hole
create type species as enum ('cat', 'dog', 'rabbit');
create table pets (
    id uuid primary key default gen_random_uuid(),
    keeper_id uuid not null references auth.users (id),
    kind species not null,
    call_name text not null
);
alter table pets enable row level security;
create policy pets_read on pets for select to authenticated using (keeper_id = auth.uid());
create policy pets_add on pets for insert to authenticated with check (true);
grant select, insert on pets to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into pets (keeper_id, kind, call_name) values (:'owner', 'cat', 'Miso');
-- ## expect insert public.pets outsider leak
insert into pets (keeper_id, kind, call_name) values (:'owner', 'dog', 'Forged')
-- ## expect select public.pets outsider denied
select from pets where keeper_id = :'owner'
-- ## expect update public.pets outsider denied
update pets set call_name = 'x' where keeper_id = :'owner'
