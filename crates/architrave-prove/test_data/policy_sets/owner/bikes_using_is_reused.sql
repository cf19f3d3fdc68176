-- An UPDATE policy without WITH CHECK: PostgreSQL takes USING for both, so nothing can be given away.
-- style: supabase; secure
create table scooters (
    frame_number text primary key,
    rider_id uuid not null references auth.users (id),
    colour text not null default 'black'
);
alter table scooters enable row level security;
create policy scooters_read on scooters for select to authenticated using (rider_id = auth.uid());
create policy scooters_edit on scooters for update to authenticated using (rider_id = auth.uid());
grant select, update on scooters to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into scooters values ('S1', :'owner'), ('S2', :'outsider');
-- ## expect update public.scooters outsider denied
update scooters set rider_id = :'owner' where frame_number = 'S2'
-- ## expect select public.scooters outsider denied
select from scooters where rider_id = :'owner'
-- ## expect update public.scooters owner allowed
update scooters set colour = 'red' where frame_number = 'S1'
