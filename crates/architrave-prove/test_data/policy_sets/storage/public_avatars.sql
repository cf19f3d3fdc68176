-- Avatars are public on purpose; only one's own folder is written.
-- style: supabase; secure
insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true);
create policy avatars_read on storage.objects for select using (bucket_id = 'avatars');
create policy avatars_add on storage.objects for insert to authenticated with check (bucket_id = 'avatars' and (storage.foldername(name))[1] = auth.uid()::text);
create policy avatars_drop on storage.objects for delete to authenticated using (bucket_id = 'avatars' and (storage.foldername(name))[1] = auth.uid()::text);
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into storage.objects (bucket_id, name, owner_id) values ('avatars', :'owner' || '/me.png', :'owner');
-- ## expect select bucket:avatars anonymous open|allowed
select from storage.objects where bucket_id = 'avatars'
-- ## expect insert bucket:avatars outsider denied|allowed
insert into storage.objects (bucket_id, name) values ('avatars', :'owner' || '/ugly.png')
