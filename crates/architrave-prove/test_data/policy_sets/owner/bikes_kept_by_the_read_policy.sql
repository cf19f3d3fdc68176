-- WITH CHECK (true) on UPDATE, yet the row after the change has to be readable too: the read policy keeps it from being given away.
-- style: supabase; secure
create table skateboards (
    id bigint primary key,
    rider_id uuid not null references auth.users (id),
    deck text not null default 'maple'
);
alter table skateboards enable row level security;
create policy boards_read on skateboards for select to authenticated using (rider_id = auth.uid());
create policy boards_edit on skateboards for update to authenticated using (rider_id = auth.uid()) with check (rider_id = auth.uid() or true);
grant select on skateboards to authenticated;
grant update (deck) on skateboards to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into skateboards values (1, :'owner'), (2, :'outsider');
-- ## expect update public.skateboards outsider denied
update skateboards set rider_id = :'owner' where id = 2
-- ## expect select public.skateboards outsider denied
select from skateboards where id = 1
-- ## expect update public.skateboards owner allowed
update skateboards set deck = 'birch' where id = 1
