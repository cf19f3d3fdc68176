-- A view over auth.users in the exposed schema gives everybody's e-mail address away.
-- style: supabase; hole
create view people as select id, email, created_at from auth.users;
grant select on people to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
-- ## expect select public.people outsider leak
select email from people where id = :'owner'
-- ## expect select public.people anonymous denied
select email from people where id = :'owner'
