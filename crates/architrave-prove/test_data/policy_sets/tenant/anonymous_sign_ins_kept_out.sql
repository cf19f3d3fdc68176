-- Anonymous sign-ins have the role authenticated; a restrictive policy keeps them from writing.
-- style: supabase; secure
create table guestbook (id bigint generated always as identity primary key, author_id uuid not null default auth.uid() references auth.users (id), body text not null);
alter table guestbook enable row level security;
create policy guestbook_read on guestbook for select to authenticated using (author_id = auth.uid());
create policy guestbook_sign on guestbook for insert to authenticated with check (author_id = auth.uid());
create policy guestbook_no_passers_by on guestbook as restrictive for insert to authenticated
    with check (coalesce((auth.jwt() ->> 'is_anonymous')::boolean, false) is false);
grant select, insert on guestbook to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into guestbook (author_id, body) values (:'owner', 'Nice');
-- ## expect select public.guestbook outsider denied
select from guestbook where author_id = :'owner'
-- ## expect insert public.guestbook outsider denied|allowed
insert into guestbook (author_id, body) values (:'owner', 'In her name')
-- ## expect insert public.guestbook owner allowed
insert into guestbook (author_id, body) values (:'owner', 'Again')
