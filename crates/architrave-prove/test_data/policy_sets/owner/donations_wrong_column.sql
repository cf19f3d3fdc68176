-- The policy asks whether the caller has donated anything at all; the column that names the row is missing from the subquery.
-- style: supabase; hole
create table donations (
    id bigint generated always as identity primary key,
    donor_id uuid not null references auth.users (id),
    cents integer not null check (cents >= 100)
);
create table receipts (
    id bigint generated always as identity primary key,
    donation_id bigint not null references donations (id),
    tax_number text not null
);
alter table donations enable row level security;
alter table receipts enable row level security;
create policy donations_own on donations for select to authenticated using (donor_id = auth.uid());
create policy receipts_own on receipts for select to authenticated using (exists (select 1 from donations d where d.donor_id = auth.uid()));
grant select on donations, receipts to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into donations (donor_id, cents) values (:'owner', 500), (:'outsider', 100);
insert into receipts (donation_id, tax_number) select id, 'T' || id from donations;
-- ## expect select public.receipts outsider leak
select from receipts r where not exists (select 1 from donations d where d.id = r.donation_id)
-- ## expect select public.donations outsider denied
select from donations where donor_id = :'owner'
-- ## expect select public.receipts anonymous denied
select from receipts where tax_number like 'T%'
