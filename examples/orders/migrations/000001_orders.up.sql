create table customers (
    id bigint generated always as identity primary key,
    email text not null unique,
    created_at timestamptz not null default now()
);
comment on table customers is 'people who have ordered at least once';

create table orders (
    id bigint generated always as identity primary key,
    customer_id bigint not null,
    status text not null default 'open',
    total integer not null check (total >= 0),
    note text,
    created_at timestamptz not null default now()
);
comment on table orders is 'one row for each order, total in cents';
