-- A private topic carries its user's id.
-- style: supabase; secure
create policy inbox_listen on realtime.messages for select to authenticated using (realtime.topic() = 'inbox:' || auth.uid()::text);
create policy inbox_send on realtime.messages for insert to authenticated with check (realtime.topic() = 'inbox:' || auth.uid()::text);
create table realtime.messages_all partition of realtime.messages for values from (minvalue) to (maxvalue);
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into realtime.messages (topic, extension, payload, private) values ('inbox:' || :'owner', 'broadcast', '{}', true);
-- ## expect select topic:inbox: outsider denied
select set_config('realtime.topic', 'inbox:' || :'owner', true);
select from realtime.messages where topic = 'inbox:' || :'owner'
-- ## expect select topic:inbox: owner allowed
select set_config('realtime.topic', 'inbox:' || :'owner', true);
select from realtime.messages where topic = 'inbox:' || :'owner'
-- ## expect insert topic:inbox: outsider denied|allowed
select set_config('realtime.topic', 'inbox:' || :'owner', true);
insert into realtime.messages (topic, extension, payload) values ('inbox:' || :'owner', 'broadcast', '{}')
