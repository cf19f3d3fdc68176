-- Deleted rows stay in the table, and this policy shows them to everybody who is signed in.
-- style: supabase; hole
create table contacts (
    id bigint generated always as identity primary key,
    user_id uuid not null references auth.users (id),
    phone text not null,
    deleted_at timestamptz
);
alter table contacts enable row level security;
create policy contacts_read on contacts for select to authenticated using (user_id = auth.uid() or deleted_at is not null);
create policy contacts_edit on contacts for update to authenticated using (user_id = auth.uid() and deleted_at is null) with check (user_id = auth.uid());
grant select, update on contacts to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into contacts (user_id, phone, deleted_at) values (:'owner', '+351 1', now()), (:'owner', '+351 2', null);
-- ## expect select public.contacts outsider leak
select from contacts where user_id = :'owner'
-- ## expect update public.contacts outsider denied
update contacts set phone = 'x' where user_id = :'owner'
-- ## expect select public.contacts anonymous denied
select from contacts where user_id = :'owner'
