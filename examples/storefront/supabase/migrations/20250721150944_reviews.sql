-- Reviews: one per customer and product.

create table public.reviews (
  id bigint generated always as identity primary key,
  product_id bigint not null references public.products on delete cascade,
  customer_id uuid not null references public.customers,
  rating smallint not null check (rating between 1 and 5),
  body text not null default '' check (length(body) <= 4000),
  hidden_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint reviews_one_per_customer unique (id, product_id, customer_id)
);
comment on table public.reviews is 'What customers say about a product.';
comment on column public.reviews.hidden_at is 'Set by staff when a review breaks the rules; hidden reviews are kept.';
create index reviews_product_id_idx on public.reviews (product_id);
create index reviews_customer_id_idx on public.reviews (customer_id);

create trigger reviews_set_updated_at before update on public.reviews
  for each row execute function private.set_updated_at();

alter table public.reviews enable row level security;
create policy "everybody reads visible reviews" on public.reviews
  for select using (hidden_at is null);
create policy "customers write their own reviews" on public.reviews
  for insert to authenticated with check (customer_id = (select private.current_customer_id()));
create policy "customers edit their own reviews" on public.reviews
  for update to authenticated
  using (customer_id = (select private.current_customer_id()))
  with check (customer_id = (select private.current_customer_id()));
