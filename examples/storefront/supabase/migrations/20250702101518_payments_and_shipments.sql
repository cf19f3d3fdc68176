-- Payments come from the provider's webhook, shipments from the label printer.

create table public.payments (
  id bigint generated always as identity primary key,
  order_id bigint not null references public.orders,
  provider text not null check (provider in ('stripe', 'mbway', 'transfer')),
  provider_payment_id text not null,
  amount_cents bigint not null,
  status text not null check (status in ('started', 'succeeded', 'failed', 'refunded')),
  provider_payload json not null,
  created_at timestamptz not null default now(),
  unique (provider, provider_payment_id)
);
comment on table public.payments is 'Every attempt to pay, as the provider reported it.';
comment on column public.payments.provider_payload is 'The event as received. The back office filters by its fields.';
create index payments_order_id_idx on public.payments (order_id);
create index payments_failed_idx on public.payments (created_at) where status = 'failed';

create table public.shipments (
  id bigint generated always as identity primary key,
  order_id bigint not null references public.orders,
  carrier text not null check (carrier in ('ctt', 'dpd', 'pickup')),
  tracking_code text unique,
  shipped_at timestamp,
  delivered_at timestamp,
  created_at timestamptz not null default now()
);
comment on table public.shipments is 'Parcels of an order; a large order may need several.';
create index shipments_order_id_idx on public.shipments (order_id);

alter table public.payments enable row level security;
alter table public.shipments enable row level security;
create policy "payments follow their order" on public.payments
  for select to authenticated using (order_id in (select id from public.orders));
create policy "shipments follow their order" on public.shipments
  for select to authenticated using (order_id in (select id from public.orders));
