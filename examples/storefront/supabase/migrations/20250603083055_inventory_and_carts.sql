-- Stock per variant, and carts that survive a closed browser.

create table public.inventory (
  variant_id bigint primary key references public.product_variants on delete cascade,
  on_hand integer not null default 0 check (on_hand >= 0),
  reorder_level integer not null default 0 check (reorder_level >= 0),
  updated_at timestamptz not null default now()
);
comment on table public.inventory is 'Pieces on the shelf, one row per variant.';

create table public.carts (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid references public.customers on delete cascade,
  guest_token uuid unique,
  status text not null default 'open' check (status in ('open', 'ordered', 'abandoned')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint carts_customer_or_guest check (num_nonnulls(customer_id, guest_token) = 1)
);
comment on table public.carts is 'A cart belongs to a customer or, until they sign in, to the token in a guest''s cookie.';
create index carts_customer_id_idx on public.carts (customer_id);
create unique index carts_one_open_per_customer on public.carts (customer_id) where status = 'open';

create table public.cart_items (
  cart_id uuid references public.carts on delete cascade,
  variant_id bigint references public.product_variants on delete cascade,
  quantity integer not null check (quantity between 1 and 50),
  added_at timestamptz not null default now(),
  primary key (cart_id, variant_id)
);
comment on table public.cart_items is 'Lines of a cart; the price is looked up at checkout.';
create index cart_items_variant_id_idx on public.cart_items (variant_id);

create trigger inventory_set_updated_at before update on public.inventory
  for each row execute function private.set_updated_at();
create trigger carts_set_updated_at before update on public.carts
  for each row execute function private.set_updated_at();

alter table public.inventory enable row level security;
alter table public.carts enable row level security;
alter table public.cart_items enable row level security;
create policy "stock is shown with its variant" on public.inventory
  for select using (variant_id in (select id from public.product_variants));
-- Guests' carts are read and written by the server with the service role.
create policy "customers manage their own carts" on public.carts
  for all to authenticated
  using (customer_id = (select private.current_customer_id()))
  with check (customer_id = (select private.current_customer_id()));
create policy "customers manage the lines of their carts" on public.cart_items
  for all to authenticated
  using (cart_id in (select id from public.carts))
  with check (cart_id in (select id from public.carts));
