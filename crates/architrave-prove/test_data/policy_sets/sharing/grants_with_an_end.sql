-- A row is shared with named people, for a time; only its owner shares it.
-- style: supabase; secure
create table reports (
    id bigint generated always as identity primary key,
    owner_id uuid not null references auth.users (id),
    body text not null
);
create table report_shares (
    report_id bigint not null references reports (id) on delete cascade,
    user_id uuid not null references auth.users (id),
    until timestamptz not null,
    primary key (report_id, user_id)
);
create function owns_report(report bigint) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.reports r where r.id = report and r.owner_id = auth.uid()) $$;
alter table reports enable row level security;
alter table report_shares enable row level security;
create policy reports_own on reports for all to authenticated using (owner_id = auth.uid()) with check (owner_id = auth.uid());
create policy reports_shared on reports for select to authenticated
    using (exists (select 1 from report_shares s where s.report_id = reports.id and s.user_id = auth.uid() and s.until > now()));
create policy shares_seen on report_shares for select to authenticated using (user_id = auth.uid());
create policy shares_made on report_shares for insert to authenticated with check (owns_report(report_id));
create policy shares_ended on report_shares for delete to authenticated using (owns_report(report_id));
grant select, insert, update, delete on reports to authenticated;
grant select, insert, delete on report_shares to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'member', 'cyd@example.com'), (:'outsider', 'bob@example.com');
insert into reports (owner_id, body) values (:'owner', 'Draft'), (:'outsider', 'Other');
insert into report_shares values (1, :'member', now() + interval '1 day'), (2, :'owner', now() - interval '1 day');
-- ## expect select public.reports outsider denied
select from reports where id = 1
-- ## expect insert public.report_shares outsider denied|allowed
insert into report_shares values (1, :'outsider', now() + interval '1 day')
-- ## expect update public.reports outsider denied
update reports set body = 'x' where id = 1
-- ## expect delete public.reports outsider denied
delete from reports where id = 1
