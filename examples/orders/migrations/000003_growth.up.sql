-- What a pull request might bring: each statement is usual, and each keeps a large table from being used.
create index orders_customer_id_idx on orders (customer_id);

alter table orders
    add constraint orders_customer_id_fkey foreign key (customer_id) references customers (id);

alter table orders alter column total type bigint;

-- architrave: allow migration/column-renamed the release before this one reads both names
alter table orders rename column note to remark;

alter table customers add column referral_code uuid not null default gen_random_uuid();
