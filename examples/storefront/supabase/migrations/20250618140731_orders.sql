-- Checkout writes orders with the service role; customers only read them.

create type public.order_status as enum ('pending', 'paid', 'packed', 'sent', 'delivered', 'cancelled');

create table public.orders (
  id bigint generated always as identity primary key,
  customer_id uuid not null references public.customers,
  shipping_address_id bigint references public.addresses on delete set null,
  status public.order_status not null default 'pending',
  shipping_cents integer not null default 0 check (shipping_cents >= 0),
  total_cents bigint not null check (total_cents >= 0),
  placed_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.orders is 'One checkout. Never deleted: the tax office wants ten years.';
comment on column public.orders.total_cents is 'What the customer pays, with shipping and after the coupon, in euro cents.';
create index orders_customer_id_idx on public.orders (customer_id);
create index orders_shipping_address_id_idx on public.orders (shipping_address_id);

create table public.order_items (
  id serial primary key,
  order_id bigint not null references public.orders on delete cascade,
  variant_id bigint not null references public.product_variants,
  quantity integer not null check (quantity > 0),
  unit_price_cents integer not null check (unit_price_cents >= 0)
);
comment on table public.order_items is 'Lines of an order, with the price on the day of the order.';
create index order_items_order_id_idx on public.order_items (order_id);

-- An order line takes its pieces off the shelf; the check on inventory refuses to sell what is not there.
create function private.take_stock() returns trigger
language plpgsql set search_path = '' as $$
begin
  update public.inventory set on_hand = on_hand - new.quantity where variant_id = new.variant_id;
  if not found then
    raise exception 'variant % is not in stock', new.variant_id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create trigger order_items_take_stock before insert on public.order_items
  for each row execute function private.take_stock();
create trigger orders_set_updated_at before update on public.orders
  for each row execute function private.set_updated_at();

alter table public.orders enable row level security;
alter table public.order_items enable row level security;
create policy "customers read their own orders" on public.orders
  for select to authenticated using (customer_id = (select private.current_customer_id()));
create policy "order lines follow their order" on public.order_items
  for select to authenticated using (order_id in (select id from public.orders));
