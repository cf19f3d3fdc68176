-- A job's label is one of its own workshop, by a foreign key that carries the workshop: what cascades stays in the house.
-- style: supabase; secure
create table workshops (id uuid primary key default gen_random_uuid(), title text not null);
create table mechanics (workshop_id uuid not null references workshops (id), user_id uuid not null references auth.users (id), primary key (workshop_id, user_id));
create table job_labels (workshop_id uuid not null references workshops (id), id integer not null, caption text not null, primary key (workshop_id, id));
create table jobs (
    id integer primary key, workshop_id uuid not null references workshops (id), label_id integer not null, work text not null,
    foreign key (workshop_id, label_id) references job_labels (workshop_id, id) on delete cascade
);
alter table workshops enable row level security;
alter table mechanics enable row level security;
alter table job_labels enable row level security;
alter table jobs enable row level security;
create policy mechanics_read on mechanics for select to authenticated using (user_id = auth.uid());
create policy workshops_read on workshops for select to authenticated using (id in (select m.workshop_id from mechanics m where m.user_id = auth.uid()));
create policy labels_all on job_labels for all to authenticated using (workshop_id in (select m.workshop_id from mechanics m where m.user_id = auth.uid()));
create policy jobs_all on jobs for all to authenticated using (workshop_id in (select m.workshop_id from mechanics m where m.user_id = auth.uid()));
grant select on workshops, mechanics to authenticated;
grant select, insert, update, delete on job_labels, jobs to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into workshops values (:'tenant', 'A'), (:'other', 'B');
insert into mechanics values (:'tenant', :'owner'), (:'other', :'outsider');
insert into job_labels values (:'tenant', 1, 'urgent'), (:'other', 1, 'welding');
insert into jobs values (1, :'tenant', 1, 'Weld the gate'), (2, :'other', 1, 'Grind');
-- ## expect delete public.jobs outsider denied
delete from jobs where workshop_id = :'tenant'
-- ## expect delete public.job_labels outsider denied
delete from job_labels where workshop_id = :'tenant'
-- ## expect select public.jobs outsider denied
select from jobs where workshop_id = :'tenant'
