-- A powerful function in the exposed schema, which nobody but the back end may call.
-- style: supabase; secure
create table ledgers (id integer primary key, user_id uuid not null references auth.users (id), cents bigint not null);
alter table ledgers enable row level security;
create policy ledgers_own on ledgers for select to authenticated using (user_id = auth.uid());
grant select on ledgers to authenticated;
create function all_ledgers() returns setof ledgers language sql stable security definer set search_path = '' as $$ select * from public.ledgers $$;
revoke execute on function all_ledgers() from public, anon, authenticated;
grant execute on function all_ledgers() to service_role;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into ledgers values (1, :'owner', 100);
-- ## expect execute public.all_ledgers() outsider denied
select from all_ledgers()
-- ## expect execute public.all_ledgers() anonymous denied
select from all_ledgers()
-- ## expect select public.ledgers outsider denied
select from ledgers where user_id = :'owner'
