-- PostgREST with roles of its own and an integer id in the claims.
-- style: postgrest; secure
-- ids: integer
-- role: web_user
-- role anonymous: web_anon
-- claims: "user_id":":user"
create role web_user nologin;
create role web_anon nologin;
create schema api;
create table api.chores (id integer generated always as identity primary key, user_id integer not null default (current_setting('request.jwt.claims', true)::json ->> 'user_id')::integer, body text not null);
alter table api.chores enable row level security;
create policy chores_own on api.chores to web_user
    using (user_id = (current_setting('request.jwt.claims', true)::json ->> 'user_id')::integer)
    with check (user_id = (current_setting('request.jwt.claims', true)::json ->> 'user_id')::integer);
grant usage on schema api to web_user, web_anon;
grant select, insert, update, delete on api.chores to web_user;
-- ## seed
insert into api.chores (user_id, body) values (1, 'Dishes'), (3, 'Floor');
-- ## expect select api.chores outsider denied
select from api.chores where user_id = 1
-- ## expect select api.chores owner allowed
select from api.chores where user_id = 1
-- ## expect insert api.chores outsider denied|allowed
insert into api.chores (user_id, body) values (1, 'x')
-- ## expect update api.chores outsider denied
update api.chores set user_id = 1 where user_id = 3
-- ## expect select api.chores anonymous denied
select from api.chores where user_id = 1
