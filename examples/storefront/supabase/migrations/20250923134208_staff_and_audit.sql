-- The back office gets its own sign-in, and a record of who changed what.

create table public.staff (
  id bigint generated always as identity primary key,
  email text not null unique,
  full_name text not null,
  password text not null,
  role text not null default 'clerk' check (role in ('clerk', 'manager', 'owner')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.staff is 'People who work in the back office.';

create table public.audit_log (
  occurred_at timestamptz not null default now(),
  actor text not null,
  table_name text not null,
  row_id text not null,
  action text not null check (action in ('INSERT', 'UPDATE', 'DELETE')),
  old_row jsonb,
  new_row jsonb
);
comment on table public.audit_log is 'Changes to orders, products and coupons, written by triggers.';
create index audit_log_table_name_row_id_idx on public.audit_log (table_name, row_id, occurred_at desc);

create function private.record_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.audit_log (actor, table_name, row_id, action, old_row, new_row)
  values (
    coalesce(auth.jwt() ->> 'sub', session_user),
    tg_table_name,
    coalesce(to_jsonb(new) ->> 'id', to_jsonb(old) ->> 'id'),
    tg_op,
    case when tg_op <> 'INSERT' then to_jsonb(old) end,
    case when tg_op <> 'DELETE' then to_jsonb(new) end
  );
  return null;
end $$;

create trigger orders_record_change after insert or update or delete on public.orders
  for each row execute function private.record_change();
create trigger products_record_change after insert or update or delete on public.products
  for each row execute function private.record_change();
create trigger coupons_record_change after insert or update or delete on public.coupons
  for each row execute function private.record_change();
create trigger staff_set_updated_at before update on public.staff
  for each row execute function private.set_updated_at();

alter table public.staff enable row level security;
alter table public.audit_log enable row level security;
