-- The older pattern: a helper that reads the claims itself.
-- style: clerk; secure
create function requesting_user_id() returns text language sql stable as
    $$ select nullif(current_setting('request.jwt.claims', true)::json ->> 'sub', '')::text $$;
create table addresses (id bigint generated always as identity primary key, user_id text not null default requesting_user_id(), street text not null);
alter table addresses enable row level security;
create policy addresses_read on addresses for select to authenticated using (requesting_user_id() = user_id);
create policy addresses_add on addresses for insert to authenticated with check (requesting_user_id() = user_id);
create policy addresses_drop on addresses for delete to authenticated using (requesting_user_id() = user_id);
grant select, insert, delete on addresses to authenticated;
-- ## seed
insert into addresses (user_id, street) values (:'owner', 'Here 1');
-- ## expect select public.addresses outsider denied
select from addresses where user_id = :'owner'
-- ## expect insert public.addresses outsider denied|allowed
insert into addresses (user_id, street) values (:'owner', 'x')
-- ## expect delete public.addresses outsider denied
delete from addresses where user_id = :'owner'
-- ## expect select public.addresses owner allowed
select from addresses where user_id = :'owner'
