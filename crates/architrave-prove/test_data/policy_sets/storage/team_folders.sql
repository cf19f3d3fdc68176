-- The first folder is the team's id, and the membership decides.
-- style: supabase; secure
create table offices (id uuid primary key default gen_random_uuid(), title text not null);
create table office_staff (office_id uuid not null references offices (id), user_id uuid not null references auth.users (id), primary key (office_id, user_id));
alter table offices enable row level security;
alter table office_staff enable row level security;
create policy staff_own on office_staff for select to authenticated using (user_id = auth.uid());
create policy offices_read on offices for select to authenticated using (exists (select 1 from office_staff s where s.office_id = offices.id and s.user_id = auth.uid()));
grant select on offices, office_staff to authenticated;
insert into storage.buckets (id, name) values ('mail', 'mail');
create policy mail_read on storage.objects for select to authenticated using (
    bucket_id = 'mail' and (storage.foldername(objects.name))[1] in (select s.office_id::text from office_staff s where s.user_id = auth.uid()));
create policy mail_add on storage.objects for insert to authenticated with check (
    bucket_id = 'mail' and (storage.foldername(objects.name))[1] in (select s.office_id::text from office_staff s where s.user_id = auth.uid()));
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into offices values (:'tenant', 'A'), (:'other', 'B');
insert into office_staff values (:'tenant', :'owner'), (:'other', :'outsider');
insert into storage.objects (bucket_id, name, owner_id) values ('mail', :'tenant' || '/letter.pdf', :'owner');
-- ## expect select bucket:mail outsider denied
select from storage.objects where name like :'tenant' || '/%'
-- ## expect insert bucket:mail outsider denied|allowed
insert into storage.objects (bucket_id, name) values ('mail', :'tenant' || '/forged.pdf')
-- ## expect select public.offices outsider denied
select from offices where id = :'tenant'
