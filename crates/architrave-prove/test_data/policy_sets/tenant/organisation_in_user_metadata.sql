-- The organisation stands in user_metadata, which every user writes himself: claim another one, then read.
-- style: supabase; hole
-- claims: "user_metadata":{"org_id":":tenant"}
create table tenders (id bigint generated always as identity primary key, org_id uuid not null, cents bigint not null);
alter table tenders enable row level security;
create policy tenders_org on tenders for select to authenticated using (org_id = (auth.jwt() -> 'user_metadata' ->> 'org_id')::uuid);
grant select on tenders to authenticated;
-- ## seed
insert into tenders (org_id, cents) values (:'tenant', 5), (:'other', 6);
-- ## expect select public.tenders outsider leak
select set_config('request.jwt.claims', jsonb_set(current_setting('request.jwt.claims')::jsonb, '{user_metadata,org_id}', to_jsonb(:'tenant'::text))::text, true);
select from tenders where org_id = :'tenant'
-- ## expect select public.tenders anonymous denied
select from tenders where org_id = :'tenant'
