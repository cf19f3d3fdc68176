-- Coupons for the autumn mailing. Read and redeemed by the server only, so there are no policies.

create table public.coupons (
  id bigint generated always as identity primary key,
  code text not null check (code = upper(code)),
  discount_amount double precision not null check (discount_amount > 0),
  minimum_order money not null default 0,
  starts_at timestamp not null,
  ends_at timestamp not null,
  max_redemptions integer check (max_redemptions > 0),
  created_at timestamptz not null default now(),
  constraint coupons_ends_after_start check (ends_at > starts_at)
);
comment on table public.coupons is 'A code and the euros it takes off one order.';
create unique index coupons_code_idx on public.coupons (code);

create table public.coupon_redemptions (
  coupon_id bigint references public.coupons,
  order_id bigint references public.orders,
  redeemed_at timestamptz not null default now(),
  primary key (coupon_id, order_id)
);
create index coupon_redemptions_order_id_idx on public.coupon_redemptions (order_id);

-- The discount in cents, or null when the coupon does not apply.
create function public.coupon_discount_cents(p_code text, p_subtotal_cents bigint) returns bigint
language sql stable set search_path = '' as $$
  select least(p_subtotal_cents, round(c.discount_amount * 100)::bigint)
  from public.coupons c
  where c.code = upper(p_code)
    and c.minimum_order::numeric * 100 <= p_subtotal_cents
    and now() between c.starts_at and c.ends_at
    and (c.max_redemptions is null
         or c.max_redemptions > (select count(*) from public.coupon_redemptions r where r.coupon_id = c.id))
$$;
revoke execute on function public.coupon_discount_cents from public, anon, authenticated;
grant execute on function public.coupon_discount_cents to service_role;

alter table public.coupons enable row level security;
alter table public.coupon_redemptions enable row level security;
