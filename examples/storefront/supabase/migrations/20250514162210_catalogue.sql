-- What we sell: a product (a glazed mug) has variants (small, large), each with its own article number.

create extension if not exists pg_trgm with schema extensions;
create type public.product_status as enum ('draft', 'active', 'retired');

create table public.categories (
  id bigint generated always as identity primary key,
  parent_id bigint references public.categories,
  slug text not null unique,
  name text not null
);
comment on table public.categories is 'The tree of the shop menu; top-level entries have no parent.';
create index categories_parent_id_idx on public.categories (parent_id);

create table public.products (
  id bigint generated always as identity primary key,
  category_id bigint not null references public.categories,
  slug text not null unique,
  name text not null,
  description text not null default '',
  status public.product_status not null default 'draft',
  published_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.products is 'A piece of our range, as one page in the shop.';
create index products_category_id_idx on public.products (category_id);
create index products_status_published_at_idx on public.products (status, published_at desc);
create index products_name_trgm_idx on public.products using gin (name extensions.gin_trgm_ops);

create table public.product_variants (
  id bigint generated always as identity primary key,
  product_id bigint references public.products on delete cascade,
  sku text not null unique,
  option_name text not null,
  price_cents integer not null check (price_cents > 0),
  weight_grams integer not null check (weight_grams > 0),
  unique (id, product_id)
);
comment on table public.product_variants is 'What is put in the cart. The pair (id, product_id) is there for product_images to refer to.';
create index product_variants_product_id_idx on public.product_variants (product_id);

create table public.product_images (
  id bigint generated always as identity primary key,
  product_id bigint not null references public.products on delete cascade,
  variant_id bigint,
  storage_path text not null,
  position smallint not null,
  unique (product_id, position),
  foreign key (variant_id, product_id) references public.product_variants (id, product_id) on delete cascade
);
comment on table public.product_images is 'Photos in display order; without a variant the photo shows the whole product.';
create index product_images_variant_id_product_id_idx on public.product_images (variant_id, product_id);

create trigger products_set_updated_at before update on public.products
  for each row execute function private.set_updated_at();

alter table public.categories enable row level security;
alter table public.products enable row level security;
alter table public.product_variants enable row level security;
alter table public.product_images enable row level security;
create policy "everybody sees the menu" on public.categories for select using (true);
create policy "everybody sees active products" on public.products for select using (status = 'active');
create policy "variants follow their product" on public.product_variants
  for select using (product_id in (select id from public.products));
create policy "images follow their product" on public.product_images
  for select using (product_id in (select id from public.products));
