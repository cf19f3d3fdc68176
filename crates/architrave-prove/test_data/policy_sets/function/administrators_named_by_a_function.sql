-- One call makes anybody an administrator, the next statement reads what administrators read.
-- style: supabase; hole
create table staff_roles (user_id uuid primary key references auth.users (id), role text not null check (role in ('staff', 'admin')));
create table salaries (id integer primary key, user_id uuid not null references auth.users (id), cents integer not null);
alter table staff_roles enable row level security;
alter table salaries enable row level security;
create policy roles_read on staff_roles for select to authenticated using (user_id = auth.uid());
create policy salaries_read on salaries for select to authenticated
    using (user_id = auth.uid() or exists (select 1 from staff_roles r where r.user_id = auth.uid() and r.role = 'admin'));
grant select on staff_roles, salaries to authenticated;
create function set_staff_role(target_user uuid, new_role text) returns void language sql security definer set search_path = '' as $$
    insert into public.staff_roles values (target_user, new_role) on conflict (user_id) do update set role = excluded.role $$;
revoke execute on function set_staff_role(uuid, text) from public, anon;
grant execute on function set_staff_role(uuid, text) to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into staff_roles values (:'outsider', 'staff');
insert into salaries values (1, :'owner', 500000);
-- ## expect select public.salaries outsider leak
select set_staff_role(:'outsider', 'admin');
select from salaries where user_id = :'owner'
-- ## expect select public.salaries anonymous denied
select from salaries where user_id = :'owner'
