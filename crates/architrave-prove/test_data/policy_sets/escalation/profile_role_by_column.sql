-- The same tables, with the privilege to update on the harmless column only.
-- style: supabase; secure
create table accounts (id uuid primary key references auth.users (id), display text, role text not null default 'user' check (role in ('user', 'admin')));
create table strikes (id bigint generated always as identity primary key, subject_id uuid not null references auth.users (id), note text not null);
alter table accounts enable row level security;
alter table strikes enable row level security;
create policy accounts_read on accounts for select to authenticated using (id = auth.uid());
create policy accounts_edit on accounts for update to authenticated using (id = auth.uid()) with check (id = auth.uid());
create policy strikes_read on strikes for select to authenticated
    using (subject_id = auth.uid() or exists (select 1 from accounts a where a.id = auth.uid() and a.role = 'admin'));
grant select, update (display) on accounts to authenticated;
grant select on strikes to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into accounts (id) values (:'owner'), (:'outsider');
insert into strikes (subject_id, note) values (:'owner', 'Late twice');
-- ## expect select public.strikes outsider denied
update accounts set role = 'admin' where id = :'outsider';
select from strikes where subject_id = :'owner'
-- ## expect update public.accounts outsider denied
update accounts set display = 'x' where id = :'owner'
-- ## expect update public.accounts owner allowed
update accounts set display = 'x' where id = :'owner'
