-- The child asks whether its parent exists, with a helper that looks past the parent's policy.
-- style: postgrest; hole
-- role: desk_user
-- role anonymous: desk_anon
-- claims: "tenant_id":":tenant"
create role desk_user nologin;
create role desk_anon nologin;
create function desk_tenant() returns uuid language sql stable as $$ select nullif(nullif(current_setting('request.jwt.claims', true), '')::json ->> 'tenant_id', '')::uuid $$;
create table cases (id integer generated always as identity primary key, tenant_id uuid not null, title text not null);
create table case_mails (id integer generated always as identity primary key, case_id integer not null references cases (id), body text not null);
create function has_case(wanted integer) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.cases c where c.id = wanted) $$;
alter table cases enable row level security;
alter table case_mails enable row level security;
create policy cases_tenant on cases to desk_user using (tenant_id = desk_tenant());
create policy mails_tenant on case_mails for select to desk_user using (has_case(case_id));
grant select, insert, update, delete on cases to desk_user;
grant select on case_mails to desk_user;
-- ## seed
insert into cases (tenant_id, title) values (:'tenant', 'Late'), (:'other', 'Lost');
insert into case_mails (case_id, body) values (1, 'Where is it?');
-- ## expect select public.case_mails outsider leak
select from case_mails where case_id = 1
-- ## expect select public.cases outsider denied
select from cases where tenant_id = :'tenant'
-- ## expect select public.case_mails anonymous denied
select from case_mails where case_id = 1
