-- The first folder of the path is the user's id.
-- style: supabase; secure
insert into storage.buckets (id, name) values ('papers', 'papers');
create policy papers_own on storage.objects for all to authenticated
    using (bucket_id = 'papers' and (storage.foldername(name))[1] = (select auth.uid()::text))
    with check (bucket_id = 'papers' and (storage.foldername(name))[1] = (select auth.uid()::text));
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into storage.objects (bucket_id, name, owner_id) values ('papers', :'owner' || '/will.pdf', :'owner'), ('papers', :'outsider' || '/bill.pdf', :'outsider');
-- ## expect select bucket:papers outsider denied
select from storage.objects where owner_id = :'owner'
-- ## expect select bucket:papers owner allowed
select from storage.objects where owner_id = :'owner'
-- ## expect insert bucket:papers outsider denied|allowed
insert into storage.objects (bucket_id, name, owner_id) values ('papers', :'owner' || '/forged.pdf', :'outsider')
-- ## expect update bucket:papers outsider denied
update storage.objects set name = :'outsider' || '/stolen.pdf' where name like :'owner' || '/%'
-- ## expect select bucket:papers anonymous denied
select from storage.objects where bucket_id = 'papers'
