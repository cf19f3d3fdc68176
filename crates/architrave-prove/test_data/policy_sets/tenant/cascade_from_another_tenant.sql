-- A job of a workshop may carry any mechanic's label; whoever made the label deletes it, and the jobs of another workshop go with it.
-- style: supabase; hole
create table workshops (id uuid primary key default gen_random_uuid(), title text not null);
create table mechanics (workshop_id uuid not null references workshops (id), user_id uuid not null references auth.users (id), primary key (workshop_id, user_id));
create table job_labels (id integer primary key, creator_id uuid not null references auth.users (id), caption text not null);
create table jobs (id integer primary key, workshop_id uuid not null references workshops (id), label_id integer not null references job_labels (id) on delete cascade, work text not null);
alter table workshops enable row level security;
alter table mechanics enable row level security;
alter table job_labels enable row level security;
alter table jobs enable row level security;
create policy mechanics_read on mechanics for select to authenticated using (user_id = auth.uid());
create policy workshops_read on workshops for select to authenticated using (id in (select m.workshop_id from mechanics m where m.user_id = auth.uid()));
create policy labels_read on job_labels for select to authenticated using (true);
create policy labels_own on job_labels for all to authenticated using (creator_id = auth.uid()) with check (creator_id = auth.uid());
create policy jobs_all on jobs for all to authenticated using (workshop_id in (select m.workshop_id from mechanics m where m.user_id = auth.uid()));
grant select on workshops, mechanics to authenticated;
grant select, insert, update, delete on job_labels, jobs to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into workshops values (:'tenant', 'A'), (:'other', 'B');
insert into mechanics values (:'tenant', :'owner'), (:'other', :'outsider');
insert into job_labels values (1, :'owner', 'urgent'), (2, :'outsider', 'welding');
insert into jobs values (1, :'tenant', 2, 'Weld the gate');
-- ## expect delete public.jobs outsider leak
delete from job_labels where creator_id = :'outsider'
-- look
select from (select count(*) as n from jobs where workshop_id = :'tenant') left_over where n = 0
-- ## expect select public.jobs outsider denied
select from jobs where workshop_id = :'tenant'
-- ## expect update public.jobs outsider denied
update jobs set work = 'x' where workshop_id = :'tenant'
-- ## expect delete public.job_labels outsider denied
delete from job_labels where creator_id = :'owner'
