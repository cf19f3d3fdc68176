-- A handful of rows for local work. Every name and address is invented.

insert into public.customers (clerk_user_id, email, full_name) values
  ('user_seed_marta', 'marta@example.com', 'Marta Figueira'),
  ('user_seed_joao', 'joao@example.com', 'João Bastos'),
  ('user_seed_ines', null, 'Inês Lobo');

insert into public.addresses (customer_id, recipient, street, postal_code, city, is_default)
select id, full_name, 'Rua do Forno 12', '3800-100', 'Aveiro', true from public.customers;

insert into public.categories (parent_id, slug, name) values
  (null, 'tableware', 'Tableware'), (null, 'planters', 'Planters'), (1, 'mugs', 'Mugs'), (1, 'bowls', 'Bowls');

insert into public.products (category_id, slug, name, description, status, published_at) values
  (3, 'harbour-mug', 'Harbour mug', 'Stoneware with a sea-green glaze, thrown by hand.', 'active', '2025-05-20 09:00+01'),
  (4, 'salt-bowl', 'Salt bowl', 'A small open bowl for the stove.', 'active', '2025-05-20 09:00+01'),
  (2, 'window-planter', 'Window planter', 'Terracotta, with a saucer.', 'draft', null);

insert into public.product_variants (product_id, sku, option_name, price_cents, weight_grams) values
  (1, 'MUG-HAR-S', '250 ml', 2200, 340), (1, 'MUG-HAR-L', '400 ml', 2800, 450),
  (2, 'BWL-SAL', '9 cm', 1600, 210), (3, 'PLN-WIN', '40 cm', 4900, 2600);

insert into public.product_images (product_id, variant_id, storage_path, position) values
  (1, null, 'products/harbour-mug/pair.webp', 1), (1, 2, 'products/harbour-mug/large.webp', 2);

insert into public.inventory (variant_id, on_hand, reorder_level) values (1, 40, 10), (2, 25, 10), (3, 60, 15), (4, 0, 4);

insert into public.orders (customer_id, shipping_address_id, status, shipping_cents, total_cents, placed_at)
select c.id, a.id, 'paid', 450, 4850, '2025-11-28 10:15+00'
from public.customers c join public.addresses a on a.customer_id = c.id
where c.clerk_user_id = 'user_seed_marta';

insert into public.order_items (order_id, variant_id, quantity, unit_price_cents) values (1, 2, 1, 2800), (1, 3, 1, 1600);

insert into public.payments (order_id, provider, provider_payment_id, amount_cents, status, provider_payload) values
  (1, 'stripe', 'pi_seed_0001', 4850, 'succeeded', '{"type": "payment_intent.succeeded"}');

insert into public.reviews (product_id, customer_id, rating, body)
select 2, id, 5, 'Sits next to the stove and never moves again.' from public.customers where clerk_user_id = 'user_seed_joao';

insert into public.coupons (code, discount_amount, minimum_order, starts_at, ends_at) values
  ('OUTONO5', 5, 30, '2025-09-22', '2025-12-21');

insert into public.support_tickets (requester_id, order_id, subject, body) values
  ('user_seed_marta', 1, 'Where is my parcel?', 'The tracking page has not changed since Friday.'),
  ('user_seed_ines', null, 'Dishwasher', 'Is the harbour mug safe in the dishwasher?');

insert into public.staff (email, full_name, password, role) values
  ('rosa@example.com', 'Rosa Valente', 'change-me', 'owner');
