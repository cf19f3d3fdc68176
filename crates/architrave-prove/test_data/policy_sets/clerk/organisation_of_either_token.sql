-- The organisation of version 2 of the token, and of version 1 as a fallback.
-- style: clerk; secure
-- claims: "o":{"id":":tenant","rol":"member"}
create table campaigns (id bigint generated always as identity primary key, org_id text not null, subject text not null);
create function current_org() returns text language sql stable as $$ select coalesce(auth.jwt() -> 'o' ->> 'id', auth.jwt() ->> 'org_id') $$;
alter table campaigns enable row level security;
create policy campaigns_org on campaigns for all to authenticated using (org_id = (select current_org())) with check (org_id = (select current_org()));
grant select, insert, update, delete on campaigns to authenticated;
-- ## seed
insert into campaigns (org_id, subject) values (:'tenant', 'Spring'), (:'other', 'Autumn');
-- ## expect select public.campaigns outsider denied
select from campaigns where org_id = :'tenant'
-- ## expect select public.campaigns member allowed
select from campaigns where org_id = :'tenant'
-- ## expect update public.campaigns outsider denied
update campaigns set org_id = :'tenant' where org_id = :'other'
-- ## expect insert public.campaigns outsider denied|allowed
insert into campaigns (org_id, subject) values (:'tenant', 'x')
