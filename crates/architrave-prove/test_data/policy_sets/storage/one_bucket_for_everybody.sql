-- One bucket is for whoever is signed in, as far as its policies tell, and another for each on his own.
-- style: supabase; secure
insert into storage.buckets (id, name) values ('recipes', 'recipes'), ('diaries', 'diaries');
create policy recipes_read on storage.objects for select to authenticated using (bucket_id = 'recipes');
create policy recipes_add on storage.objects for insert to authenticated with check (bucket_id = 'recipes');
create policy diaries_read on storage.objects for select to authenticated using (bucket_id = 'diaries' and (storage.foldername(name))[1] = auth.uid()::text);
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into storage.objects (bucket_id, name, owner_id) values ('recipes', :'owner' || '/soup.md', :'owner'), ('diaries', :'owner' || '/may.md', :'owner');
-- ## expect select bucket:recipes outsider open
select from storage.objects where bucket_id = 'recipes'
-- ## expect select bucket:recipes anonymous denied
select from storage.objects where bucket_id = 'recipes'
-- ## expect select bucket:diaries outsider denied
select from storage.objects where bucket_id = 'diaries'
