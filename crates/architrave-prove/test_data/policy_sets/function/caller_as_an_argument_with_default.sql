-- The caller's id is only the default of an argument: name another one.
-- style: supabase; hole
create table wallets (user_id uuid primary key references auth.users (id), coins integer not null);
alter table wallets enable row level security;
create policy wallets_own on wallets for select to authenticated using (user_id = auth.uid());
grant select on wallets to authenticated;
create function wallet_of(p_user_id uuid default auth.uid()) returns setof wallets language plpgsql stable security definer set search_path = '' as $$
begin
    return query select * from public.wallets w where w.user_id = p_user_id;
end $$;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into wallets values (:'owner', 70), (:'outsider', 1);
-- ## expect execute public.wallet_of(uuid) outsider leak
select from wallet_of(:'owner')
-- ## expect select public.wallets outsider denied
select from wallets where user_id = :'owner'
-- ## expect execute public.wallet_of(uuid) anonymous leak
select from wallet_of(:'owner')
