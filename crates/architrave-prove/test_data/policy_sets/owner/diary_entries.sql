-- A diary: everybody reads and writes his own entries, one policy per command.
-- style: supabase; secure
create table diary_entries (
    id bigint generated always as identity primary key,
    user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
    body text not null,
    written_on date not null default current_date
);
alter table diary_entries enable row level security;
create policy diary_read on diary_entries for select to authenticated using (user_id = (select auth.uid()));
create policy diary_write on diary_entries for insert to authenticated with check (user_id = (select auth.uid()));
create policy diary_edit on diary_entries for update to authenticated using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy diary_tear on diary_entries for delete to authenticated using (user_id = (select auth.uid()));
grant select, insert, update, delete on diary_entries to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into diary_entries (user_id, body) values (:'owner', 'Rain all day.'), (:'outsider', 'Sun.');
-- ## expect select public.diary_entries outsider denied
select from diary_entries where user_id = :'owner'
-- ## expect select public.diary_entries owner allowed
select from diary_entries where user_id = :'owner'
-- ## expect insert public.diary_entries outsider denied|allowed
insert into diary_entries (user_id, body) values (:'owner', 'forged')
-- ## expect update public.diary_entries outsider denied
update diary_entries set body = 'forged' where user_id = :'owner'
-- ## expect delete public.diary_entries outsider denied
delete from diary_entries where user_id = :'owner'
-- ## expect select public.diary_entries anonymous denied
select from diary_entries where user_id = :'owner'
