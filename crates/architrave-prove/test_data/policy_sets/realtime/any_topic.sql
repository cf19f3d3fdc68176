-- USING (true) on the messages opens every private topic to everybody who is signed in.
-- style: supabase; hole
create table realtime.messages_all partition of realtime.messages for values from (minvalue) to (maxvalue);
create policy listen on realtime.messages for select to authenticated using (true);
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into realtime.messages (topic, extension, payload, private) values ('inbox:' || :'owner', 'broadcast', '{}', true);
-- ## expect select topic: outsider leak|open
select from realtime.messages where topic = 'inbox:' || :'owner'
-- ## expect select topic: anonymous denied
select from realtime.messages where topic = 'inbox:' || :'owner'
-- ## expect insert topic: outsider denied|allowed
insert into realtime.messages (topic, extension, payload) values ('inbox:' || :'owner', 'broadcast', '{}')
