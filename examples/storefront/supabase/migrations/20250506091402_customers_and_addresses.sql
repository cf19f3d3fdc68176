-- Customers sign in with Clerk; the webhook keeps this copy of what orders need.

create schema private;
grant usage on schema private to authenticated, service_role;

create function private.set_updated_at() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end $$;

create table public.customers (
  id uuid primary key default gen_random_uuid(),
  clerk_user_id text not null unique check (clerk_user_id like 'user\_%'),
  email text,
  full_name text,
  marketing_opt_in boolean not null default false,
  clerk_updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.customers is 'People with an account. A deleted account keeps its row, without personal data, for the books.';
comment on column public.customers.email is 'Primary address at Clerk; empty for customers who signed up by phone.';

create table public.addresses (
  id bigint generated always as identity primary key,
  customer_id uuid not null references public.customers on delete cascade,
  recipient text not null,
  street text not null,
  postal_code text not null,
  city text not null,
  country_code char(2) not null default 'PT',
  is_default boolean not null default false,
  created_at timestamptz not null default now()
);
comment on table public.addresses is 'Where a customer has parcels sent.';
create index addresses_customer_id_idx on public.addresses (customer_id);
create unique index addresses_one_default_per_customer on public.addresses (customer_id) where is_default;

create trigger customers_set_updated_at before update on public.customers
  for each row execute function private.set_updated_at();

-- The row of the signed-in customer. Definer rights, so that policies of other tables need no grant on customers.
create function private.current_customer_id() returns uuid
language sql stable security definer set search_path = '' as $$
  select id from public.customers
  where clerk_user_id = (select auth.jwt() ->> 'sub') and deleted_at is null
$$;

alter table public.customers enable row level security;
alter table public.addresses enable row level security;

create policy "customers read their own row" on public.customers
  for select to authenticated using (clerk_user_id = (select auth.jwt() ->> 'sub'));
create policy "customers manage their own addresses" on public.addresses
  for all to authenticated
  using (customer_id = (select private.current_customer_id()))
  with check (customer_id = (select private.current_customer_id()));
