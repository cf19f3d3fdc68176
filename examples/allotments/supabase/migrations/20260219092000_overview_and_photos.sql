-- The start page's overview, and photos of plots.

create view public.plot_overview as
  select p.id, p.society_id, p.number, p.square_metres, p.tenant_name
  from public.plots p;

create view public.tool_overview with (security_invoker = on) as
  select t.society_id, t.id, t.label, l.borrower_id, l.lent_on
  from public.tools t
  left join public.tool_loans l on l.society_id = t.society_id and l.tool_id = t.id and l.returned_on is null;

grant select on public.plot_overview, public.tool_overview to authenticated;

insert into storage.buckets (id, name, public) values ('plot-photos', 'plot-photos', false), ('minutes', 'minutes', false);

-- plot-photos: <user>/<file>, each gardener's own.
create policy "gardeners see photos" on storage.objects
  for select to authenticated using (bucket_id = 'plot-photos');
create policy "gardeners add their photos" on storage.objects
  for insert to authenticated
  with check (bucket_id = 'plot-photos' and (storage.foldername(objects.name))[1] = (select auth.uid())::text);
create policy "gardeners delete their photos" on storage.objects
  for delete to authenticated
  using (bucket_id = 'plot-photos' and (storage.foldername(objects.name))[1] = (select auth.uid())::text);

-- minutes: <society>/<file>, for its members.
create policy "members read the minutes" on storage.objects
  for select to authenticated
  using (bucket_id = 'minutes' and (storage.foldername(objects.name))[1] in (select s::text from private.my_societies() s));
