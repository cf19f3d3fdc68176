-- The table of administrators takes everybody who names himself.
-- style: supabase; hole
create table administrators (user_id uuid primary key references auth.users (id));
create table complaints (id bigint generated always as identity primary key, user_id uuid not null references auth.users (id), body text not null);
alter table administrators enable row level security;
alter table complaints enable row level security;
create policy administrators_read on administrators for select to authenticated using (user_id = auth.uid());
create policy administrators_add on administrators for insert to authenticated with check (user_id = auth.uid());
create policy complaints_read on complaints for select to authenticated
    using (user_id = auth.uid() or auth.uid() in (select a.user_id from administrators a));
create policy complaints_drop on complaints for delete to authenticated using (exists (select 1 from administrators a where a.user_id = auth.uid()));
grant select, insert on administrators to authenticated;
grant select, delete on complaints to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into complaints (user_id, body) values (:'owner', 'Loud'), (:'outsider', 'Dark');
-- ## expect select public.complaints outsider leak
insert into administrators values (:'outsider');
select from complaints where user_id = :'owner'
-- ## expect delete public.complaints outsider leak
insert into administrators values (:'outsider');
delete from complaints where user_id = :'owner'
-- ## expect select public.complaints anonymous denied
select from complaints where user_id = :'owner'
