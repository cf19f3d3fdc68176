-- The anonymous role has got the privileges of the signed-in one, and a policy for PUBLIC that asks for nothing.
-- style: postgrest; hole
-- role: app_member
-- role anonymous: app_guest
-- ids: text
create role app_member nologin;
create role app_guest nologin;
create table reviews (id integer generated always as identity primary key, author_id text not null, body text not null);
alter table reviews enable row level security;
create policy reviews_read on reviews for select using (length(body) > 0);
create policy reviews_edit on reviews for update to app_member using (author_id = current_setting('request.jwt.claims', true)::json ->> 'sub');
grant select on reviews to app_guest, app_member;
grant update on reviews to app_member;
-- ## seed
insert into reviews (author_id, body) values (:'owner', 'Fine');
-- ## expect select public.reviews anonymous leak
select from reviews where author_id = :'owner'
-- ## expect select public.reviews outsider leak
select from reviews where author_id = :'owner'
-- ## expect update public.reviews outsider denied
update reviews set body = 'x' where author_id = :'owner'
