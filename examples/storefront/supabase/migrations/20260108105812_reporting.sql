-- Views for the shop front and the back office, and a schema for figures that the API does not show.

create view public.product_listings with (security_invoker = true) as
select p.id, p.slug, p.name, p.category_id, p.published_at,
       min(v.price_cents) as from_price_cents,
       bool_or(i.on_hand > 0) as in_stock
from public.products p
join public.product_variants v on v.product_id = p.id
left join public.inventory i on i.variant_id = v.id
group by p.id;
comment on view public.product_listings is 'One row per product for the category pages; shows what the reader may see.';

create view public.order_summaries as
select o.id, o.status, o.placed_at, o.total_cents, c.email, c.full_name,
       coalesce(sum(i.quantity), 0) as pieces
from public.orders o
join public.customers c on c.id = o.customer_id
left join public.order_items i on i.order_id = o.id
group by o.id, c.id;
comment on view public.order_summaries is 'The order list of the back office.';

grant select on public.product_listings to anon, authenticated;
grant select on public.order_summaries to authenticated;

create schema reporting;
grant usage on schema reporting to service_role;

create materialized view reporting.daily_sales as
select (placed_at at time zone 'Europe/Lisbon')::date as day,
       count(*) as orders,
       sum(total_cents) as total_cents
from public.orders
where status <> 'cancelled'
group by 1;
comment on materialized view reporting.daily_sales is 'Turnover per day in Lisbon time, refreshed at night.';
create unique index daily_sales_day_idx on reporting.daily_sales (day);
grant select on reporting.daily_sales to service_role;
