-- The policy asks for the bucket only: everybody who is signed in reads and overwrites every file.
-- style: supabase; hole
insert into storage.buckets (id, name) values ('scans', 'scans');
create policy scans_read on storage.objects for select to authenticated using (bucket_id = 'scans');
create policy scans_add on storage.objects for insert to authenticated with check (bucket_id = 'scans' and (storage.foldername(name))[1] = auth.uid()::text);
create policy scans_edit on storage.objects for update to authenticated using (bucket_id = 'scans');
create policy scans_drop on storage.objects for delete to authenticated using (bucket_id = 'scans' and owner_id = auth.uid()::text);
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into storage.objects (bucket_id, name, owner_id) values ('scans', :'owner' || '/knee.png', :'owner');
-- ## expect select bucket:scans outsider leak
select from storage.objects where owner_id = :'owner'
-- ## expect update bucket:scans outsider leak
update storage.objects set metadata = '{}' where owner_id = :'owner'
-- ## expect insert bucket:scans outsider denied|allowed
insert into storage.objects (bucket_id, name) values ('scans', :'owner' || '/forged.png')
-- ## expect select bucket:scans anonymous denied
select from storage.objects where bucket_id = 'scans'
