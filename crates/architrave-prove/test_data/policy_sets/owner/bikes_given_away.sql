-- The row before the change has to be one's own, the row after it does not: a bike can be pushed onto somebody else.
-- style: supabase; hole
create table bikes (
    frame_number text primary key,
    rider_id uuid not null references auth.users (id),
    colour text not null default 'black'
);
alter table bikes enable row level security;
create policy bikes_read on bikes for select to authenticated using (true);
create policy bikes_add on bikes for insert to authenticated with check (rider_id = auth.uid());
create policy bikes_edit on bikes for update to authenticated using (rider_id = auth.uid()) with check (true);
grant select, insert, update on bikes to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into bikes values ('WTU1', :'owner'), ('WTU2', :'outsider');
-- ## expect update public.bikes outsider leak
update bikes set rider_id = :'owner' where frame_number = 'WTU2'
-- ## expect select public.bikes outsider open|allowed
select from bikes where rider_id = :'owner'
-- ## expect insert public.bikes outsider denied|allowed
insert into bikes values ('WTU3', :'owner')
