-- The signed-in role reads two columns of everybody's row, and no other; the secret one is out of reach.
-- style: postgrest; secure
-- role: forum_user
-- role anonymous: forum_anon
-- ids: integer
create role forum_user nologin;
create role forum_anon nologin;
create table forum_members (id integer primary key, handle text not null unique, password_hash text not null);
create policy members_read on forum_members for select to forum_user using (true);
create policy members_edit on forum_members for update to forum_user using (id = (current_setting('request.jwt.claims', true)::json ->> 'sub')::integer);
alter table forum_members enable row level security;
grant select (id, handle), update (handle) on forum_members to forum_user;
-- ## seed
insert into forum_members values (1, 'ada', 'x'), (3, 'bob', 'y');
-- ## expect select public.forum_members outsider allowed|open
select id, handle from forum_members where id = 1
-- ## expect update public.forum_members outsider denied
update forum_members set handle = 'eve' where id = 1
-- ## expect select public.forum_members anonymous denied
select id, handle from forum_members where id = 1
-- ## expect delete public.forum_members outsider denied
delete from forum_members where id = 1
