-- The function takes the user to delete as an argument.
-- style: supabase; hole
create table avatars (user_id uuid primary key references auth.users (id), url text not null);
alter table avatars enable row level security;
create policy avatars_own on avatars for select to authenticated using (user_id = auth.uid());
grant select on avatars to authenticated;
create function delete_avatar(target_user uuid) returns void language plpgsql security definer set search_path = '' as $$
begin
    delete from public.avatars where user_id = target_user;
end $$;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into avatars values (:'owner', 'a.png'), (:'outsider', 'b.png');
-- ## expect execute public.delete_avatar(uuid) outsider leak
select delete_avatar(:'owner')
-- look
select from (select count(*) as n from avatars where user_id = :'owner') left_over where n = 0
-- ## expect select public.avatars outsider denied
select from avatars where user_id = :'owner'
-- ## expect execute public.delete_avatar(uuid) anonymous leak
select delete_avatar(:'owner')
-- look
select from (select count(*) as n from avatars where user_id = :'owner') left_over where n = 0
