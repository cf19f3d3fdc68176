-- Sign-up box in the footer, to be live before Black Friday.

create table public.newsletter_signup (
  id uuid primary key default gen_random_uuid(),
  email text not null unique,
  source text not null default 'footer',
  utm jsonb not null default '{}',
  confirmed_at timestamptz,
  created_at timestamptz not null default now()
);

grant select, insert, update on public.newsletter_signup to anon, authenticated;

-- Once an hour the mailing tool collects the confirmed addresses.
create index newsletter_signup_confirmed_at_idx on public.newsletter_signup (confirmed_at)
  where confirmed_at is not null;

-- The box also offers the opt-in to customers who are signed in.
create policy "customers change their opt-in" on public.customers
  for update to authenticated
  using (clerk_user_id = (select auth.jwt() ->> 'sub'))
  with check (clerk_user_id = (select auth.jwt() ->> 'sub'));
revoke update on public.customers from anon, authenticated;
grant update (marketing_opt_in) on public.customers to authenticated;
