-- Members of the organisation read; its administrators, by the role in the token, write.
-- style: clerk; secure
-- claims: "o":{"id":":tenant"}
-- claims owner: "org_role":"org:admin"
-- claims member: "org_role":"org:member"
-- claims outsider: "org_role":"org:admin"
create table price_lists (id bigint generated always as identity primary key, organization_id text not null, title text not null);
alter table price_lists enable row level security;
create policy lists_read on price_lists for select to authenticated using (organization_id = (auth.jwt() -> 'o' ->> 'id'));
create policy lists_edit on price_lists for update to authenticated
    using (organization_id = (auth.jwt() -> 'o' ->> 'id') and (auth.jwt() ->> 'org_role') = 'org:admin');
grant select, update on price_lists to authenticated;
-- ## seed
insert into price_lists (organization_id, title) values (:'tenant', 'Net'), (:'other', 'Gross');
-- ## expect select public.price_lists outsider denied
select from price_lists where organization_id = :'tenant'
-- ## expect update public.price_lists outsider denied
update price_lists set organization_id = :'tenant' where organization_id = :'other'
-- ## expect select public.price_lists member allowed
select from price_lists where organization_id = :'tenant'
