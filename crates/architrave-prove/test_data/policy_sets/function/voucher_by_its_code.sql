-- Whoever holds the code gets the voucher; a second function tells anybody whether somebody has one.
-- style: supabase; secure
create table vouchers (id integer primary key, user_id uuid not null references auth.users (id), secret_code text not null unique, cents integer not null);
alter table vouchers enable row level security;
create policy vouchers_own on vouchers for select to authenticated using (user_id = auth.uid());
grant select on vouchers to authenticated;
create function voucher_of(secret_code text) returns setof vouchers language sql stable security definer set search_path = '' as
    $$ select * from public.vouchers v where v.secret_code = $1 $$;
create function has_voucher(user_id uuid) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.vouchers v where v.user_id = $1) $$;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into vouchers values (1, :'owner', 'K7-rose', 1000), (2, :'outsider', 'M2-fern', 500);
-- ## expect execute public.voucher_of(text) owner allowed
select from voucher_of('K7-rose')
-- ## expect execute public.has_voucher(uuid) outsider open
select from has_voucher(:'owner') answer where answer
-- ## expect select public.vouchers outsider denied
select from vouchers where user_id = :'owner'
