-- The owner is known by the address in the token.
-- style: postgrest; secure
-- role: mail_user
-- role anonymous: mail_anon
-- ids: text
-- claims: "email":":user@example.com"
create role mail_user nologin;
create role mail_anon nologin;
create table subscriptions (email text primary key check (email like '%_@_%'), topic text not null);
alter table subscriptions enable row level security;
create policy subscriptions_own on subscriptions to mail_user
    using (email = current_setting('request.jwt.claims', true)::json ->> 'email') with check (email = current_setting('request.jwt.claims', true)::json ->> 'email');
grant select, insert, update, delete on subscriptions to mail_user;
-- ## seed
insert into subscriptions values (:'owner' || '@example.com', 'news'), (:'outsider' || '@example.com', 'news');
-- ## expect select public.subscriptions outsider denied
select from subscriptions where email = :'owner' || '@example.com'
-- ## expect delete public.subscriptions outsider denied
delete from subscriptions where email = :'owner' || '@example.com'
-- ## expect insert public.subscriptions outsider denied|allowed
insert into subscriptions values ('eve@example.com', 'news')
-- ## expect select public.subscriptions owner allowed
select from subscriptions where email = :'owner' || '@example.com'
