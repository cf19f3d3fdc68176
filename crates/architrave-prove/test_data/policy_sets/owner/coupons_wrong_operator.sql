-- <> where = was meant: everybody sees what is not his.
-- style: supabase; hole
create table gift_codes (
    code text primary key check (code ~ '^[A-Z0-9]{8}$'),
    holder_id uuid not null references auth.users (id),
    cents integer not null
);
alter table gift_codes enable row level security;
create policy codes_read on gift_codes for select to authenticated using (holder_id <> auth.uid());
grant select on gift_codes to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into gift_codes values ('AAAA1111', :'owner', 5000);
-- ## expect select public.gift_codes outsider leak
select from gift_codes where holder_id = :'owner'
-- ## expect select public.gift_codes anonymous denied
select from gift_codes where holder_id = :'owner'
