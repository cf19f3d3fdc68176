-- Clerk's ids are texts: the token's sub is compared with a text column.
-- style: clerk; secure
create table notes (id bigint generated always as identity primary key, user_id text not null default (auth.jwt() ->> 'sub'), body text not null);
alter table notes enable row level security;
create policy notes_own on notes for all to authenticated using (user_id = (select auth.jwt() ->> 'sub')) with check (user_id = (select auth.jwt() ->> 'sub'));
grant select, insert, update, delete on notes to authenticated;
-- ## seed
insert into notes (user_id, body) values (:'owner', 'Milk'), (:'outsider', 'Salt');
-- ## expect select public.notes outsider denied
select from notes where user_id = :'owner'
-- ## expect select public.notes owner allowed
select from notes where user_id = :'owner'
-- ## expect insert public.notes outsider denied|allowed
insert into notes (user_id, body) values (:'owner', 'x')
-- ## expect update public.notes outsider denied
update notes set body = 'x' where user_id = :'owner'
-- ## expect select public.notes anonymous denied
select from notes where user_id = :'owner'
