-- Whoever has no organisation in his claims is compared with the row's own: whoever is not signed in sees all.
-- style: supabase; hole
-- claims: "app_metadata":{"org_id":":tenant"}
create table leases (id bigint generated always as identity primary key, org_id uuid not null, flat text not null);
alter table leases enable row level security;
create policy leases_read on leases for select using (org_id = coalesce((auth.jwt() -> 'app_metadata' ->> 'org_id')::uuid, org_id));
grant select on leases to anon, authenticated;
-- ## seed
insert into leases (org_id, flat) values (:'tenant', '1A'), (:'other', '2B');
-- ## expect select public.leases anonymous leak
select from leases where org_id = :'tenant'
-- ## expect select public.leases outsider denied
select from leases where org_id = :'tenant'
-- ## expect select public.leases member allowed
select from leases where org_id = :'tenant'
