-- room:<id>, for members of that room.
-- style: supabase; secure
create table chat_rooms (id uuid primary key default gen_random_uuid(), title text not null);
create table chat_members (room_id uuid not null references chat_rooms (id), user_id uuid not null references auth.users (id), primary key (room_id, user_id));
alter table chat_rooms enable row level security;
alter table chat_members enable row level security;
create policy members_own on chat_members for select to authenticated using (user_id = auth.uid());
create policy rooms_read on chat_rooms for select to authenticated using (exists (select 1 from chat_members m where m.room_id = chat_rooms.id and m.user_id = auth.uid()));
grant select on chat_rooms, chat_members to authenticated;
create table realtime.messages_all partition of realtime.messages for values from (minvalue) to (maxvalue);
create policy rooms_listen on realtime.messages for select to authenticated using (
    exists (select 1 from chat_members m where m.user_id = auth.uid() and realtime.topic() = 'room:' || m.room_id::text));
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into chat_rooms values (:'tenant', 'A'), (:'other', 'B');
insert into chat_members values (:'tenant', :'owner'), (:'other', :'outsider');
insert into realtime.messages (topic, extension, payload, private) values ('room:' || :'tenant', 'broadcast', '{}', true);
-- ## expect select topic:room: outsider denied
select set_config('realtime.topic', 'room:' || :'tenant', true);
select from realtime.messages where topic = 'room:' || :'tenant'
-- ## expect select public.chat_rooms outsider denied
select from chat_rooms where id = :'tenant'
