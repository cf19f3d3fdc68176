-- A member may change his own membership, the column with the team included: move it, then read.
-- style: supabase; hole
create table labs (id uuid primary key default gen_random_uuid(), title text not null);
create table lab_members (
    id bigint generated always as identity primary key,
    lab_id uuid not null references labs (id),
    user_id uuid not null references auth.users (id),
    nickname text,
    unique (lab_id, user_id)
);
create table samples (id bigint generated always as identity primary key, lab_id uuid not null references labs (id), barcode text not null unique);
alter table labs enable row level security;
alter table lab_members enable row level security;
alter table samples enable row level security;
create policy labs_read on labs for select to authenticated using (exists (select 1 from lab_members m where m.lab_id = labs.id and m.user_id = auth.uid()));
create policy members_read on lab_members for select to authenticated using (user_id = auth.uid());
create policy members_edit on lab_members for update to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy samples_read on samples for select to authenticated using (lab_id in (select m.lab_id from lab_members m where m.user_id = auth.uid()));
grant select on labs, samples to authenticated;
grant select, update on lab_members to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into labs values (:'tenant', 'Ours'), (:'other', 'Theirs');
insert into lab_members (lab_id, user_id) values (:'tenant', :'owner'), (:'other', :'outsider');
insert into samples (lab_id, barcode) values (:'tenant', 'X1');
-- ## expect select public.samples outsider leak
update lab_members set lab_id = :'tenant' where user_id = :'outsider';
select from samples where lab_id = :'tenant'
-- ## expect update public.lab_members outsider leak
update lab_members set lab_id = :'tenant' where user_id = :'outsider'
-- ## expect select public.samples anonymous denied
select from samples where lab_id = :'tenant'
-- ## expect select public.labs outsider leak
update lab_members set lab_id = :'tenant' where user_id = :'outsider';
select from labs where id = :'tenant'
