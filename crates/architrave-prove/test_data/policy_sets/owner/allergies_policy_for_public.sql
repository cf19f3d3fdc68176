-- The policy is for PUBLIC, anonymous callers included; they have no id, so it lets them reach nothing.
-- style: supabase; secure
create table allergies (
    user_id uuid not null references auth.users (id),
    substance text not null,
    severe boolean not null default false,
    primary key (user_id, substance)
);
alter table allergies enable row level security;
create policy allergies_own on allergies using (auth.uid() = user_id) with check (auth.uid() = user_id);
grant select, insert, update, delete on allergies to anon, authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into allergies values (:'owner', 'nuts', true);
-- ## expect select public.allergies anonymous denied
select from allergies where user_id = :'owner'
-- ## expect insert public.allergies anonymous denied
insert into allergies values (:'owner', 'milk')
-- ## expect delete public.allergies outsider denied
delete from allergies where user_id = :'owner'
-- ## expect update public.allergies outsider denied
update allergies set severe = false where user_id = :'owner'
