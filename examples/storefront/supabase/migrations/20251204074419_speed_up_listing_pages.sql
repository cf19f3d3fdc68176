-- After Black Friday: "my orders" and the product pages were slow.

-- "My orders", newest first.
create index orders_customer_id_placed_at_idx on public.orders (customer_id, placed_at desc);

-- The packing list: a short queue in a long table.
create index orders_to_pack_idx on public.orders (placed_at) where status = 'paid';

-- The monthly turnover reads all states.
create index orders_placed_at_idx on public.orders (placed_at);

-- Reviews under a product.
create index idx_reviews_product on public.reviews (product_id);

-- Category pages list what is active.
create index products_active_by_category_idx on public.products (category_id, published_at desc)
  where status = 'active';

-- The help desk searches customers by e-mail, in whatever case they typed it.
create index customers_email_lower_idx on public.customers (lower(email));

analyze public.orders;
analyze public.products;
analyze public.reviews;
