-- The same view WITH CHECK OPTION: what is written has to be visible through it.
-- style: supabase; secure
create schema core;
create table core.alarms (id integer primary key, user_id uuid not null references auth.users (id), body text not null);
create view my_alarms with (security_barrier = true) as select id, user_id, body from core.alarms where user_id = auth.uid() with local check option;
grant select, insert, update, delete on my_alarms to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into core.alarms values (1, :'owner', 'Six'), (2, :'outsider', 'Nine');
-- ## expect insert public.my_alarms outsider denied|allowed
insert into my_alarms values (3, :'owner', 'Forged')
-- ## expect update public.my_alarms outsider denied
update my_alarms set body = 'Never' where id = 1
-- ## expect delete public.my_alarms outsider denied
delete from my_alarms where id = 1
-- ## expect update public.my_alarms owner allowed
update my_alarms set body = 'Seven' where id = 1
