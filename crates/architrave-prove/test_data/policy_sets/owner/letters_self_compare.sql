-- A column compared with itself holds for every row.
-- style: supabase; hole
create table letters (
    id bigint generated always as identity primary key,
    author_id uuid not null references auth.users (id),
    body text not null
);
alter table letters enable row level security;
create policy letters_read on letters for select to authenticated using (author_id = author_id);
create policy letters_add on letters for insert to authenticated with check (author_id = auth.uid());
grant select, insert on letters to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into letters (author_id, body) values (:'owner', 'Dear');
-- ## expect select public.letters outsider leak
select from letters where author_id = :'owner'
-- ## expect insert public.letters outsider denied|allowed
insert into letters (author_id, body) values (:'owner', 'x')
-- ## expect select public.letters anonymous denied
select from letters where author_id = :'owner'
