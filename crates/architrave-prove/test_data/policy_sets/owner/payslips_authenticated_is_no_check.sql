-- auth.role() = 'authenticated' says that somebody is signed in, not who.
-- style: supabase; hole
create table payslips (
    id uuid primary key default gen_random_uuid(),
    employee_id uuid not null references auth.users (id),
    month date not null,
    gross_cents integer not null check (gross_cents > 0)
);
alter table payslips enable row level security;
create policy payslips_all on payslips using (auth.role() = 'authenticated') with check (auth.role() = 'authenticated');
grant select, insert, update, delete on payslips to anon, authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into payslips (employee_id, month, gross_cents) values (:'owner', '2026-01-01', 410000);
-- ## expect select public.payslips outsider leak
select from payslips where employee_id = :'owner'
-- ## expect update public.payslips outsider leak
update payslips set gross_cents = 1 where employee_id = :'owner'
-- ## expect delete public.payslips outsider leak
delete from payslips where employee_id = :'owner'
-- ## expect insert public.payslips outsider leak
insert into payslips (employee_id, month, gross_cents) values (:'owner', '2026-02-01', 1)
-- ## expect select public.payslips anonymous denied
select from payslips where employee_id = :'owner'
