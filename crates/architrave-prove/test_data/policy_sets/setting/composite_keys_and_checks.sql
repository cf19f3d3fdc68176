-- Keys that begin with the tenant, checks, an enum, a generated column and an exclusion constraint.
-- style: setting; secure
-- ids: integer
-- role: hotel_app
-- settings: hotel.house=:tenant
create role hotel_app nologin;
create type room_kind as enum ('single', 'double', 'suite');
create table rooms (house_id integer not null, number smallint not null check (number between 1 and 999), kind room_kind not null, primary key (house_id, number));
create table stays (
    house_id integer not null, id integer not null, room smallint not null,
    arrives date not null, leaves date not null, nights integer generated always as (leaves - arrives) stored,
    contact text not null check (contact ~ '^[^@ ]+@[^@ ]+$'),
    primary key (house_id, id), foreign key (house_id, room) references rooms (house_id, number), check (leaves > arrives),
    exclude using gist (int4range(room, room, '[]') with &&, int4range(house_id, house_id, '[]') with &&, daterange(arrives, leaves) with &&)
);
alter table rooms enable row level security;
alter table stays enable row level security;
create policy house on rooms to hotel_app using (house_id = nullif(current_setting('hotel.house', true), '')::integer);
create policy house on stays to hotel_app using (house_id = nullif(current_setting('hotel.house', true), '')::integer);
grant select, insert, update, delete on rooms, stays to hotel_app;
-- ## seed
insert into rooms values (10, 1, 'double'), (20, 1, 'single');
insert into stays (house_id, id, room, arrives, leaves, contact) values (10, 1, 1, '2026-05-01', '2026-05-04', 'ada@example.com'), (20, 1, 1, '2026-05-01', '2026-05-04', 'bob@example.com');
-- ## expect select public.stays outsider denied
select from stays where house_id = 10
-- ## expect insert public.stays outsider denied|allowed
insert into stays (house_id, id, room, arrives, leaves, contact) values (10, 2, 1, '2026-06-01', '2026-06-04', 'x@example.com')
-- ## expect delete public.stays outsider denied
delete from stays where house_id = 10
-- ## expect select public.stays owner allowed
select from stays where house_id = 10
