-- A contact form: everybody writes, nobody reads back, not even with RETURNING.
-- style: supabase; secure
create table contact_messages (
    id bigint generated always as identity primary key,
    email text not null check (email like '%@%'),
    body text not null,
    received_at timestamptz not null default now()
);
alter table contact_messages enable row level security;
create policy contact_send on contact_messages for insert to anon, authenticated with check (true);
grant select, insert on contact_messages to anon, authenticated;
-- ## seed
insert into contact_messages (email, body) values ('ada@example.com', 'Hello?');
-- ## expect insert public.contact_messages anonymous allowed|open
insert into contact_messages (email, body) values ('bob@example.com', 'Hi')
-- ## expect select public.contact_messages anonymous denied
select from contact_messages where email = 'ada@example.com'
-- ## expect returning public.contact_messages anonymous denied
insert into contact_messages (email, body) values ('bob@example.com', 'Hi') returning id
-- ## expect delete public.contact_messages outsider denied
delete from contact_messages where email = 'ada@example.com'
