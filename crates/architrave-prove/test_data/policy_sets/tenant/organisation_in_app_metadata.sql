-- The organisation stands in app_metadata, which only the back end writes.
-- style: supabase; secure
-- claims: "app_metadata":{"org_id":":tenant"}
create table contracts (id bigint generated always as identity primary key, org_id uuid not null, counterparty text not null);
alter table contracts enable row level security;
create policy contracts_all on contracts for all to authenticated
    using (org_id = (select (auth.jwt() -> 'app_metadata' ->> 'org_id')::uuid)) with check (org_id = (select (auth.jwt() -> 'app_metadata' ->> 'org_id')::uuid));
grant select, insert, update, delete on contracts to authenticated;
-- ## seed
insert into contracts (org_id, counterparty) values (:'tenant', 'Acme'), (:'other', 'Emca');
-- ## expect select public.contracts outsider denied
select from contracts where org_id = :'tenant'
-- ## expect select public.contracts member allowed
select from contracts where org_id = :'tenant'
-- ## expect update public.contracts outsider denied
update contracts set org_id = :'tenant' where org_id = :'other'
-- ## expect insert public.contracts outsider denied|allowed
insert into contracts (org_id, counterparty) values (:'tenant', 'x')
-- ## expect delete public.contracts anonymous denied
delete from contracts where org_id = :'tenant'
