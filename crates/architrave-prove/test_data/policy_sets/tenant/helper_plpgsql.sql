-- A helper in PL/pgSQL with an early return and a query into a variable.
-- style: supabase; secure
create table kitchens (id uuid primary key default gen_random_uuid(), title text not null);
create table kitchen_staff (kitchen_id uuid not null references kitchens (id), user_id uuid not null references auth.users (id), duty text not null check (duty in ('chef', 'cook', 'banned')), primary key (kitchen_id, user_id));
create table menus (id bigint generated always as identity primary key, kitchen_id uuid not null references kitchens (id), dish text not null);
create function cooks_in(kitchen uuid) returns boolean language plpgsql stable security definer set search_path = '' as $$
declare
    found_duty text;
begin
    if auth.uid() is null then
        return false;
    end if;
    select s.duty into found_duty from public.kitchen_staff s where s.kitchen_id = kitchen and s.user_id = auth.uid();
    return coalesce(found_duty in ('chef', 'cook'), false);
end $$;
alter table kitchens enable row level security;
alter table kitchen_staff enable row level security;
alter table menus enable row level security;
create policy kitchens_read on kitchens for select to authenticated using (cooks_in(id));
create policy staff_read on kitchen_staff for select to authenticated using (user_id = auth.uid());
create policy menus_all on menus for all to authenticated using (cooks_in(kitchen_id));
grant select on kitchens, kitchen_staff to authenticated;
grant select, insert, update, delete on menus to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into kitchens values (:'tenant', 'Ours'), (:'other', 'Theirs');
insert into kitchen_staff values (:'tenant', :'owner', 'chef'), (:'other', :'outsider', 'chef');
insert into menus (kitchen_id, dish) values (:'tenant', 'Cod'), (:'other', 'Beans');
-- ## expect select public.menus outsider denied
select from menus where kitchen_id = :'tenant'
-- ## expect insert public.menus outsider denied|allowed
insert into menus (kitchen_id, dish) values (:'tenant', 'Ash')
-- ## expect delete public.menus outsider denied
delete from menus where kitchen_id = :'tenant'
-- ## expect select public.menus owner allowed
select from menus where kitchen_id = :'tenant'
