-- Two buckets, each with policies of its own: photos lie in their owner's folder, minutes in that of the office.
-- style: supabase; secure
create table chapters (id uuid primary key default gen_random_uuid(), title text not null);
create table chapter_members (chapter_id uuid not null references chapters (id), user_id uuid not null references auth.users (id), primary key (chapter_id, user_id));
alter table chapters enable row level security;
alter table chapter_members enable row level security;
create policy members_own on chapter_members for select to authenticated using (user_id = auth.uid());
create policy chapters_read on chapters for select to authenticated using (exists (select 1 from chapter_members m where m.chapter_id = chapters.id and m.user_id = auth.uid()));
grant select on chapters, chapter_members to authenticated;
insert into storage.buckets (id, name) values ('portraits', 'portraits'), ('minutes', 'minutes');
create policy portraits_read on storage.objects for select to authenticated using (
    bucket_id = 'portraits' and (storage.foldername(objects.name))[1] = auth.uid()::text);
create policy minutes_read on storage.objects for select to authenticated using (
    bucket_id = 'minutes' and (storage.foldername(objects.name))[1] in (select m.chapter_id::text from chapter_members m where m.user_id = auth.uid()));
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'member', 'cyd@example.com'), (:'outsider', 'bob@example.com');
insert into chapters values (:'tenant', 'A'), (:'other', 'B');
insert into chapter_members values (:'tenant', :'owner'), (:'tenant', :'member'), (:'other', :'outsider');
insert into storage.objects (bucket_id, name, owner_id) values ('portraits', :'owner' || '/me.png', :'owner'), ('minutes', :'tenant' || '/may.pdf', :'owner');
-- ## expect select bucket:portraits outsider denied
select from storage.objects where bucket_id = 'portraits'
-- ## expect select bucket:portraits member denied
select from storage.objects where bucket_id = 'portraits'
-- ## expect select bucket:minutes outsider denied
select from storage.objects where bucket_id = 'minutes'
-- ## expect select bucket:minutes member allowed
select from storage.objects where bucket_id = 'minutes'
