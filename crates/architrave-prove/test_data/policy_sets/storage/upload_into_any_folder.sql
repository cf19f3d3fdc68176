-- Reading is by folder, uploading asks for the bucket only: files can be put into anybody's folder.
-- style: supabase; hole
insert into storage.buckets (id, name) values ('inbox', 'inbox');
create policy inbox_read on storage.objects for select to authenticated using (bucket_id = 'inbox' and (storage.foldername(name))[1] = auth.uid()::text);
create policy inbox_add on storage.objects for insert to authenticated with check (bucket_id = 'inbox');
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into storage.objects (bucket_id, name, owner_id) values ('inbox', :'owner' || '/a.pdf', :'owner');
-- ## expect insert bucket:inbox outsider leak
insert into storage.objects (bucket_id, name) values ('inbox', :'owner' || '/forged.pdf')
-- ## expect select bucket:inbox outsider denied
select from storage.objects where name like :'owner' || '/%'
-- ## expect select bucket:inbox anonymous denied
select from storage.objects where bucket_id = 'inbox'
