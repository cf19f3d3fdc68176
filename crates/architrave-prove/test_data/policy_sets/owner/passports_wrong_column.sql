-- The policy compares the row's own id, not its holder: nobody gets in, the holder neither. Broken, but no leak.
-- style: supabase; secure
create table passports (
    id uuid primary key default gen_random_uuid(),
    holder_id uuid not null references auth.users (id),
    country char(2) not null
);
alter table passports enable row level security;
create policy passports_read on passports for select to authenticated using (id = auth.uid());
grant select on passports to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into passports (holder_id, country) values (:'owner', 'PT');
-- ## expect select public.passports outsider denied
select from passports where holder_id = :'owner'
-- ## expect select public.passports anonymous denied
select from passports where holder_id = :'owner'
