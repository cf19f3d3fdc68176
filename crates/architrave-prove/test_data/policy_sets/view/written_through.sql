-- A view shows own rows only, can be written through, and checks nothing: rows in anybody's name.
-- style: supabase; hole
create schema core;
create table core.reminders (id integer primary key, user_id uuid not null references auth.users (id), body text not null);
alter table core.reminders enable row level security;
create view my_reminders as select id, user_id, body from core.reminders where user_id = auth.uid();
grant select, insert, update, delete on my_reminders to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into core.reminders values (1, :'owner', 'Milk'), (2, :'outsider', 'Salt');
-- ## expect insert public.my_reminders outsider leak
insert into my_reminders values (3, :'owner', 'Forged')
-- ## expect update public.my_reminders outsider leak
update my_reminders set user_id = :'owner' where id = 2
-- ## expect select public.my_reminders outsider denied
select from my_reminders where user_id = :'owner'
