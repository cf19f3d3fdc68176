create table customer (id bigint primary key, email text not null, name text);
create table "Order" (id bigint primary key, "customerId" bigint not null, status text not null, created_at timestamptz not null, total numeric(12,2), note text);
create table event (id bigint primary key, at timestamptz not null, payload jsonb not null, tags text[] not null);
insert into customer select i, 'User' || i || '@example.com', 'Customer number ' || i from generate_series(1, 10000) i;
insert into "Order" select i, (i * 7919) % 100 + 1, case when i % 200 = 0 then 'open' when i % 997 = 0 then 'failed' else 'done' end,
  '2024-01-01'::timestamptz + i * interval '1 minute', (i % 9973) / 7.0, repeat('note ', 20) from generate_series(1, 40000) i;
insert into event select i, '2024-01-01'::timestamptz + i * interval '30 seconds', jsonb_build_object('kind', 'k' || i % 400, 'n', i, 'text', md5(i::text)),
  array['t' || i % 700, 'u' || i % 13] from generate_series(1, 30000) i;
vacuum analyze;
