-- Staff move from the old back-office sign-in to Clerk, and the webhook no longer writes customers by a plain upsert.

alter table public.staff add column clerk_user_id text;
comment on column public.staff.clerk_user_id is 'Filled in at the first sign-in with Clerk.';

create function public.is_staff() returns boolean
language sql stable security definer as $$
  select exists (select from staff where clerk_user_id = (select auth.jwt() ->> 'sub'))
$$;

create policy "staff see their colleagues" on public.staff
  for select to authenticated using ((select public.is_staff()));
create policy "staff read the audit log" on public.audit_log
  for select to authenticated using ((select public.is_staff()));
create policy "staff see all orders" on public.orders
  for select to authenticated using ((select public.is_staff()));
create policy "staff move orders along" on public.orders
  for update to authenticated
  using ((select public.is_staff()))
  with check ((select public.is_staff()));
create policy "staff edit products" on public.products
  for all to authenticated
  using ((select public.is_staff()))
  with check ((select public.is_staff()));
create policy "staff answer tickets" on public.support_tickets
  for select to authenticated using ((select public.is_staff()));

-- Events arrive in any order: an older one must not win, and a deleted account stays deleted.
create function public.sync_customer(p_clerk_user_id text, p_email text, p_full_name text, p_clerk_updated_at timestamptz)
returns void language sql set search_path = '' as $$
  insert into public.customers as c (clerk_user_id, email, full_name, clerk_updated_at)
  values (p_clerk_user_id, p_email, p_full_name, p_clerk_updated_at)
  on conflict (clerk_user_id) do update
    set email = excluded.email, full_name = excluded.full_name, clerk_updated_at = excluded.clerk_updated_at
    where c.clerk_updated_at < excluded.clerk_updated_at and c.deleted_at is null
$$;
revoke execute on function public.sync_customer from public, anon, authenticated;
grant execute on function public.sync_customer to service_role;
