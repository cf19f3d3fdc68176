-- The function takes no argument: it deletes what is the caller's.
-- style: supabase; secure
create table badges (user_id uuid primary key references auth.users (id), label text not null);
alter table badges enable row level security;
create policy badges_own on badges for select to authenticated using (user_id = auth.uid());
grant select on badges to authenticated;
create function delete_my_badge() returns void language plpgsql security definer set search_path = '' as $$
begin
    delete from public.badges where user_id = auth.uid();
end $$;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into badges values (:'owner', 'First'), (:'outsider', 'Last');
-- ## expect execute public.delete_my_badge() outsider denied
select delete_my_badge()
-- look
select from (select count(*) as n from badges where user_id = :'owner') left_over where n = 0
-- ## expect select public.badges outsider denied
select from badges where user_id = :'owner'
