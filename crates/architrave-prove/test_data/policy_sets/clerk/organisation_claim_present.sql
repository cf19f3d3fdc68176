-- The policy asks whether the token has an organisation, not which.
-- style: clerk; hole
-- claims: "org_id":":tenant"
create table forecasts (id bigint generated always as identity primary key, org_id text not null, cents bigint not null);
alter table forecasts enable row level security;
create policy forecasts_read on forecasts for select to authenticated using (auth.jwt() ->> 'org_id' is not null);
create policy forecasts_add on forecasts for insert to authenticated with check (org_id = auth.jwt() ->> 'org_id');
grant select, insert on forecasts to authenticated;
-- ## seed
insert into forecasts (org_id, cents) values (:'tenant', 1), (:'other', 2);
-- ## expect select public.forecasts outsider leak
select from forecasts where org_id = :'tenant'
-- ## expect insert public.forecasts outsider denied|allowed
insert into forecasts (org_id, cents) values (:'tenant', 9)
-- ## expect select public.forecasts anonymous denied
select from forecasts where org_id = :'tenant'
