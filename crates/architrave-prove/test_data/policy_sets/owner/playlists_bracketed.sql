-- The same operands, with brackets where they belong.
-- style: supabase; secure
create table mixtapes (
    id bigint generated always as identity primary key,
    user_id uuid not null references auth.users (id),
    title text not null,
    locked boolean not null default false,
    archived boolean not null default false
);
alter table mixtapes enable row level security;
create policy mixtapes_read on mixtapes for select to authenticated using (user_id = auth.uid() and (not archived or not locked));
create policy mixtapes_edit on mixtapes for update to authenticated using (user_id = auth.uid() and not locked) with check (user_id = auth.uid());
grant select, update on mixtapes to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into mixtapes (user_id, title) values (:'owner', 'Night'), (:'outsider', 'Day');
-- ## expect select public.mixtapes outsider denied
select from mixtapes where user_id = :'owner'
-- ## expect update public.mixtapes outsider denied
update mixtapes set title = 'x' where user_id = :'owner'
-- ## expect update public.mixtapes owner allowed
update mixtapes set title = 'x' where user_id = :'owner'
