-- A share link: whoever sends the row's token in a header reads that row.
-- style: supabase; secure
create table shared_boards (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null references auth.users (id),
    title text not null,
    share_token text unique
);
alter table shared_boards enable row level security;
create policy boards_own on shared_boards for all to authenticated using (owner_id = auth.uid()) with check (owner_id = auth.uid());
create policy boards_by_link on shared_boards for select to anon
    using (share_token = nullif(current_setting('request.headers', true), '')::json ->> 'x-share-token');
grant select on shared_boards to anon;
grant select, insert, update, delete on shared_boards to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into shared_boards (owner_id, title, share_token) values (:'owner', 'Plans', 'k3wq9'), (:'owner', 'Private', null);
-- ## expect select public.shared_boards anonymous denied
select from shared_boards where owner_id = :'owner'
-- ## expect select public.shared_boards outsider denied
select from shared_boards where owner_id = :'owner'
-- ## expect delete public.shared_boards outsider denied
delete from shared_boards where owner_id = :'owner'
