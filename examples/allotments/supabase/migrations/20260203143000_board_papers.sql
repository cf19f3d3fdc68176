-- What the board keeps: applicants, dues, inspections, and what it tells the public.

create table public.waiting_list (
  id bigint generated always as identity primary key,
  society_id uuid not null references public.societies (id) on delete cascade,
  applicant_name text not null,
  applicant_email text not null check (applicant_email like '%_@_%'),
  applied_on date not null default current_date
);
create index waiting_list_society_id_idx on public.waiting_list (society_id);

create table public.dues (
  id bigint generated always as identity primary key,
  society_id uuid not null references public.societies (id) on delete cascade,
  user_id uuid not null references auth.users (id),
  year smallint not null check (year between 2020 and 2100),
  cents integer not null check (cents > 0),
  paid_at timestamptz,
  unique (society_id, user_id, year)
);
create index dues_user_id_idx on public.dues (user_id);

create table public.inspections (
  id bigint generated always as identity primary key,
  plot_id bigint not null references public.plots (id) on delete cascade,
  inspected_on date not null default current_date,
  remarks text not null
);
create index inspections_plot_id_idx on public.inspections (plot_id);

create table public.announcements (
  id bigint generated always as identity primary key,
  society_id uuid not null references public.societies (id) on delete cascade,
  headline text not null,
  is_public boolean not null default false
);
create index announcements_society_id_idx on public.announcements (society_id);

-- Whether whoever asks may see what was found on a plot.
create function private.may_inspect(plot bigint) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select 1
    from public.plots p
    join public.society_members m on m.society_id = p.society_id
    where p.id = plot
  )
$$;

alter table public.waiting_list enable row level security;
alter table public.dues enable row level security;
alter table public.inspections enable row level security;
alter table public.announcements enable row level security;

create policy "the board reads the waiting list" on public.waiting_list
  for select to authenticated using ((select auth.uid()) is not null);
create policy "the board keeps the waiting list" on public.waiting_list
  for insert to authenticated with check (society_id = any (array(select private.my_chairs())));
create policy "the board clears the waiting list" on public.waiting_list
  for delete to authenticated using (society_id = any (array(select private.my_chairs())));

create policy "gardeners see their dues, auditors all" on public.dues
  for select to authenticated
  using (
    user_id = (select auth.uid())
    or exists (select 1 from public.profiles p where p.id = (select auth.uid()) and p.platform_role = 'auditor')
  );

create policy "members see inspections" on public.inspections
  for select to authenticated using (private.may_inspect(plot_id));

create policy "members read announcements" on public.announcements
  for select to authenticated using (is_public or society_id = any (array(select private.my_societies())));
create policy "the public reads public announcements" on public.announcements
  for select to anon using (is_public);
create policy "the board announces" on public.announcements
  for insert to authenticated with check (society_id = any (array(select private.my_chairs())));

grant select, insert, delete on public.waiting_list to authenticated;
grant select on public.dues, public.inspections to authenticated;
grant select on public.announcements to anon, authenticated;
grant insert on public.announcements to authenticated;
grant all on public.waiting_list, public.dues, public.inspections, public.announcements to service_role;
