-- A shop whose tables were made by several frameworks, with rows whose values are unevenly spread.
create schema crm;
create type "Role" as enum ('USER', 'EDITOR', 'ADMIN');
create type crm.stage as enum ('new', 'qualified', 'won', 'lost');
create domain email as text check (value like '%@%');
create table "User" (id serial primary key, email email not null unique, "firstName" text, role "Role" not null default 'USER',
    "createdAt" timestamptz not null default now(), "deletedAt" timestamptz, settings jsonb not null default '{}');
create table "Post" (id serial primary key, "authorId" int not null references "User", title text not null, published boolean not null,
    tags text[] not null default '{}', "createdAt" timestamptz not null, views int not null default 0, search tsvector);
create table categories (id bigint generated always as identity primary key, parent_id bigint references categories, name varchar(80) not null);
create table products (id bigint generated always as identity primary key, sku varchar(32) not null unique, name varchar(200) not null,
    price numeric(10, 2) not null, category_id bigint references categories, active boolean not null, attributes jsonb);
create table orders (id bigint generated always as identity primary key, user_id int not null references "User", status varchar(20) not null,
    total numeric(12, 2) not null, placed_at timestamptz not null, metadata jsonb, note text, lock_version int not null default 0);
create table order_items (id bigint generated always as identity primary key, order_id bigint not null references orders,
    product_id bigint not null references products, quantity int not null, unit_price numeric(10, 2) not null);
create table django_session (session_key varchar(40) primary key, session_data text not null, expire_date timestamptz not null);
create table jobs (id uuid primary key, queue text not null, priority smallint not null, run_at timestamp not null, locked_by text, attempts int not null);
create table bookings (id int primary key, room int not null, during tstzrange not null);
create table events (id bigint not null, kind text not null, at timestamptz not null, payload jsonb) partition by range (at);
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
create table crm.leads (id uuid primary key, owner_id int not null, stage crm.stage not null, created_on date not null, ip inet, phone text);
create view active_products as select p.*, c.name as category from products p left join categories c on c.id = p.category_id where p.active;
alter table crm.leads enable row level security;

insert into "User" (email, "firstName", role, "createdAt", "deletedAt", settings)
    select 'u' || i || '@example.org', (array['Ann', 'Ann', 'Ann', 'Bob', 'Cem', 'Dora'])[1 + i % 6] || case when i % 3 = 0 then '' else i::text end,
        case when i % 50 = 0 then 'ADMIN' when i % 10 = 0 then 'EDITOR' else 'USER' end::"Role", timestamptz '2023-01-01' + i * interval '5 hours',
        case when i % 20 = 0 then timestamptz '2025-01-01' end, jsonb_build_object('theme', (array['dark', 'light'])[1 + i % 2])
    from generate_series(1, 3000) i;
insert into "Post" ("authorId", title, published, tags, "createdAt", views, search)
    select 1 + (i * 7) % 3000, 'Title number ' || i, i % 5 <> 0, array[(array['sql', 'rust', 'web'])[1 + i % 3], 't' || i % 40],
        timestamptz '2024-01-01' + i * interval '1 hour', i % 1000, to_tsvector('simple', 'title number ' || i)
    from generate_series(1, 5000) i;
insert into categories (parent_id, name) select nullif(i / 5, 0), 'Category ' || i from generate_series(1, 60) i;
insert into products (sku, name, price, category_id, active, attributes)
    select 'SKU-' || i, 'Product ' || i, (i % 500) + 0.99, 1 + i % 60, i % 8 <> 0, jsonb_build_object('color', (array['red', 'red', 'blue'])[1 + i % 3], 'size', i % 5)
    from generate_series(1, 2000) i;
insert into orders (user_id, status, total, placed_at, metadata, note)
    select 1 + (i * 13) % 3000, (array['done', 'done', 'done', 'done', 'done', 'done', 'done', 'paid', 'open', 'void'])[1 + i % 10], (i % 900) * 1.5,
        timestamptz '2024-01-01' + i * interval '40 minutes', jsonb_build_object('source', (array['web', 'web', 'app'])[1 + i % 3]), 'note ' || i
    from generate_series(1, 20000) i;
insert into order_items (order_id, product_id, quantity, unit_price)
    select 1 + i % 20000, 1 + (i * 17) % 2000, 1 + i % 4, (i % 500) + 0.99 from generate_series(1, 25000) i;
insert into django_session select md5(i::text), repeat('x', 50), timestamptz '2025-01-01' + i * interval '1 minute' from generate_series(1, 2000) i;
insert into jobs select md5(i::text)::uuid, (array['mail', 'mail', 'import'])[1 + i % 3], i % 10, timestamp '2025-01-01' + i * interval '1 minute',
    case when i % 9 = 0 then 'worker' end, i % 3 from generate_series(1, 3000) i;
insert into bookings select i, i % 30, tstzrange(timestamptz '2025-01-01' + i * interval '1 hour', timestamptz '2025-01-01' + (i + 2) * interval '1 hour')
    from generate_series(1, 1000) i;
insert into events select i, (array['view', 'view', 'buy'])[1 + i % 3], timestamptz '2024-01-02' + i * interval '1 hour', '{"a": 1}' from generate_series(1, 10000) i;
insert into crm.leads select md5(i::text)::uuid, i % 20, (array['new', 'new', 'won', 'lost'])[1 + i % 4]::crm.stage, date '2024-01-01' + i % 500,
    ('10.0.0.' || i % 250)::inet, '+49' || i from generate_series(1, 2000) i;
create index on "User" (lower("firstName"));
analyze;
