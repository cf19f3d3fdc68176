-- Tags may be deleted by anybody, and what hangs on them goes with them, past its own policy.
-- style: supabase; hole
create table tags (id integer primary key, owner_id uuid not null references auth.users (id), label text not null);
create table tagged_notes (
    id integer primary key,
    tag_id integer not null references tags (id) on delete cascade,
    owner_id uuid not null references auth.users (id),
    body text not null
);
alter table tags enable row level security;
alter table tagged_notes enable row level security;
create policy tags_read on tags for select to authenticated using (owner_id = auth.uid());
create policy tags_delete on tags for delete to authenticated using (true);
create policy notes_own on tagged_notes for all to authenticated using (owner_id = auth.uid()) with check (owner_id = auth.uid());
grant select, delete on tags to authenticated;
grant select, insert, update, delete on tagged_notes to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into tags values (1, :'owner', 'work'), (2, :'outsider', 'play');
insert into tagged_notes values (1, 1, :'owner', 'Buy nails');
-- ## expect delete public.tags outsider leak
delete from tags
-- look
select from (select count(*) as n from tagged_notes where owner_id = :'owner') left_over where n = 0
-- ## expect select public.tagged_notes outsider denied
select from tagged_notes where owner_id = :'owner'
-- ## expect insert public.tagged_notes outsider open
insert into tagged_notes values (9, 1, :'outsider', 'On her tag')
