-- The child asks for its own parent, and the parent's policy says whose it is.
-- style: supabase; secure
create table purchases (
    id bigint generated always as identity primary key,
    buyer_id uuid not null references auth.users (id),
    cents integer not null check (cents >= 100)
);
create table purchase_lines (
    purchase_id bigint not null references purchases (id) on delete cascade,
    line smallint not null,
    article text not null,
    primary key (purchase_id, line)
);
alter table purchases enable row level security;
alter table purchase_lines enable row level security;
create policy purchases_own on purchases for all to authenticated using (buyer_id = auth.uid()) with check (buyer_id = auth.uid());
create policy lines_own on purchase_lines for all to authenticated
    using (exists (select 1 from purchases p where p.id = purchase_id)) with check (exists (select 1 from purchases p where p.id = purchase_id));
grant select, insert, update, delete on purchases, purchase_lines to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into purchases (buyer_id, cents) values (:'owner', 500), (:'outsider', 100);
insert into purchase_lines select id, 1, 'Lamp' from purchases;
-- ## expect select public.purchase_lines outsider denied
select from purchase_lines where purchase_id = 1
-- ## expect insert public.purchase_lines outsider denied|allowed
insert into purchase_lines values (1, 2, 'Forged')
-- ## expect update public.purchase_lines outsider denied
update purchase_lines set purchase_id = 1, line = 5 where purchase_id = 2
-- ## expect delete public.purchase_lines outsider denied
delete from purchase_lines where purchase_id = 1
-- ## expect select public.purchase_lines owner allowed
select from purchase_lines where purchase_id = 1
