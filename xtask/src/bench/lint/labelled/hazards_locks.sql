-- hazard migration/index-built-under-lock: plain index
create index on users (score);
-- hazard migration/index-built-under-lock: named, upper case
CREATE INDEX users_score_idx ON public.users USING btree (score DESC NULLS LAST);
-- hazard migration/index-built-under-lock: unique
create unique index users_name_key on users (name);
-- hazard migration/index-built-under-lock: partial
create index orders_open_idx on orders (placed_at) where state = 'open';
-- hazard migration/index-built-under-lock: expression
create index users_lower_email_idx on users (lower(email));
-- hazard migration/index-built-under-lock: gin over an expression
create index logs_search_idx on logs using gin (to_tsvector('simple', message));
-- hazard migration/index-built-under-lock: if not exists, quoted
create index if not exists "items_Price_idx" on "items" ("price");
-- hazard migration/index-built-under-lock: in a block of its own
begin;
create index logs_level_idx on logs (level);
commit;
-- hazard migration/hidden-in-dynamic-sql: index
do $$ begin execute 'create index logs_at_idx on logs (at)'; end $$;
-- hazard migration/index-built-under-lock: on a partitioned table
-- on: events
create index events_at_kind_idx on events (at, kind);
-- hazard migration/index-built-under-lock: brin
create index logs_at_brin on logs using brin (at);
-- hazard migration/index-built-under-lock: including columns
create index orders_cover_idx on orders (user_id) include (total, state);
-- hazard migration/reindex-under-lock: index
-- outside
reindex index users_name_idx;
-- hazard migration/reindex-under-lock: table
-- outside
REINDEX TABLE orders;
-- hazard migration/table-packed-under-lock: vacuum full
-- outside
vacuum full users;
-- hazard migration/table-packed-under-lock: vacuum with options
-- outside
VACUUM (FULL, ANALYZE) orders;
-- hazard migration/table-packed-under-lock: cluster
cluster orders using orders_placed_at_idx;
-- hazard migration/concurrently-in-transaction: create
create index concurrently users_score_idx on users (score);
-- hazard migration/concurrently-in-transaction: drop
drop index concurrently users_name_idx;
-- hazard migration/concurrently-in-transaction: reindex
reindex index concurrently users_name_idx;
-- hazard migration/concurrently-in-transaction: own block in a file without one
-- outside
begin;
create index concurrently users_score_idx on users (score);
commit;
-- hazard migration/concurrently-in-transaction: vacuum
vacuum users;
-- hazard migration/concurrently-on-partitioned-table: create
-- on: events
-- outside
create index concurrently events_at_idx on events (at);
-- hazard migration/concurrently-on-partitioned-table: drop
-- on: events
-- outside
drop index concurrently events_kind_idx;
-- hazard migration/invalid-index-hidden-by-retry: create
-- outside
create index concurrently if not exists users_score_idx on users (score);
-- hazard migration/invalid-index-hidden-by-retry: unique
-- outside
create unique index concurrently if not exists items_sku_key on items (sku);
-- hazard migration/concurrent-build-under-timeout: statement_timeout
-- outside
set statement_timeout = '5s';
create index concurrently users_score_idx on users (score);
-- hazard migration/concurrent-build-under-timeout: lock_timeout
-- outside
set lock_timeout to '1s';
create index concurrently logs_level_idx on logs (level);
-- hazard migration/check-validated-under-lock: add check
alter table users add constraint score_positive check (score > 0);
-- hazard migration/check-validated-under-lock: unnamed, several columns
ALTER TABLE items ADD CHECK (amount > 0 AND price >= 0);
-- hazard migration/check-validated-under-lock: not null spelled as check
alter table logs add constraint level_set check (level is not null);
-- hazard migration/check-validated-under-lock: inline with a new column
alter table users add column age integer default 18 check (age >= 18);
-- hazard migration/check-validated-under-lock: on a partitioned table
-- on: events
alter table events add constraint kind_positive check (kind > 0);
-- hazard migration/foreign-key-validated-under-lock: add foreign key
alter table items add constraint items_order_fk foreign key (order_id) references orders (id);
-- hazard migration/foreign-key-validated-under-lock: unnamed, cascading
ALTER TABLE items ADD FOREIGN KEY (order_id) REFERENCES orders ON DELETE CASCADE;
-- hazard migration/foreign-key-validated-under-lock: if exists, only
alter table if exists only public.items add foreign key (order_id) references public.orders (id) deferrable initially deferred;
-- hazard migration/foreign-key-validated-under-lock: new column with default and reference
alter table logs add column country char(2) default 'NO' references countries (code);
-- hazard migration/validated-in-same-transaction: check
alter table users add constraint score_positive check (score > 0) not valid;
alter table users validate constraint score_positive;
-- hazard migration/validated-in-same-transaction: foreign key
alter table items add constraint items_order_fk foreign key (order_id) references orders (id) not valid;
alter table items validate constraint items_order_fk;
-- hazard migration/validated-in-same-transaction: one statement
alter table items add constraint amount_positive check (amount > 0) not valid, validate constraint amount_positive;
-- hazard migration/validated-in-same-transaction: block with other statements between
begin;
alter table logs add constraint level_positive check (level > 0) not valid;
comment on table logs is 'what happened';
alter table logs validate constraint level_positive;
commit;
-- hazard migration/not-null-scan-under-lock: set not null
alter table users alter column name set not null;
-- hazard migration/not-null-scan-under-lock: quoted, without the word column
ALTER TABLE "users" ALTER "score" SET NOT NULL;
-- hazard migration/not-null-scan-under-lock: two at once
alter table items alter column sku set not null, alter column amount set not null;
-- hazard migration/not-null-scan-under-lock: a check that does not imply it
alter table orders alter column quantity set not null;
-- hazard migration/not-null-scan-under-lock: proof dropped in the same statement
alter table orders alter column discount set not null, drop constraint discount_set;
-- hazard migration/not-null-scan-under-lock: proof not validated
alter table users add constraint name_set check (name is not null) not valid;
alter table users alter column name set not null;
-- hazard migration/not-null-scan-under-lock: on a partitioned table
-- on: events
alter table events alter column kind set not null;
-- hazard migration/added-column-without-values: text
alter table users add column phone text not null;
-- hazard migration/added-column-without-values: with a reference
ALTER TABLE logs ADD COLUMN user_id bigint NOT NULL REFERENCES users;
-- hazard migration/added-column-rewrites-table: random
alter table users add column lottery float default random();
-- hazard migration/added-column-rewrites-table: uuid
alter table users add column public_id uuid not null default gen_random_uuid();
-- hazard migration/added-column-rewrites-table: clock_timestamp
ALTER TABLE logs ADD COLUMN seen timestamptz DEFAULT clock_timestamp();
-- hazard migration/added-column-rewrites-table: nextval
alter table items add column ticket bigint default nextval('tickets');
-- hazard migration/added-column-rewrites-table: serial
alter table logs add column id bigserial;
-- hazard migration/added-column-rewrites-table: serial primary key
alter table logs add column id serial primary key;
-- hazard migration/added-column-rewrites-table: identity
alter table logs add column id bigint generated always as identity;
-- hazard migration/added-column-rewrites-table: stored generated
alter table items add column value numeric generated always as (amount * price) stored;
-- hazard migration/added-column-rewrites-table: constrained domain
alter table users add column level positive;
-- hazard migration/added-column-rewrites-table: expression over a volatile function
alter table users add column token text default md5(random()::text);
-- hazard migration/added-column-rewrites-table: on a partitioned table
-- on: events
alter table events add column token uuid default gen_random_uuid();
-- hazard migration/key-built-under-lock: unique
alter table users add constraint users_name_key unique (name);
-- hazard migration/key-built-under-lock: unnamed
ALTER TABLE items ADD UNIQUE (sku);
-- hazard migration/key-built-under-lock: primary key
alter table logs add primary key (at, message);
-- hazard migration/key-built-under-lock: inline unique
alter table users add column handle text unique;
-- hazard migration/primary-key-over-nullable-columns: using index
create unique index logs_message_key on archive.orders_2020 (total);
alter table archive.orders_2020 drop constraint orders_2020_pkey;
alter table archive.orders_2020 add primary key using index logs_message_key;
-- hazard migration/exclusion-built-under-lock: ranges
alter table items add constraint no_overlap exclude using gist (int8range(order_id, order_id, '[]') with &&);
-- hazard migration/type-changed-under-lock: integer to bigint
alter table users alter column score type bigint;
-- hazard migration/type-changed-under-lock: varchar shorter
ALTER TABLE users ALTER COLUMN name SET DATA TYPE varchar(50);
-- hazard migration/type-changed-under-lock: text to varchar
alter table logs alter column message type varchar(500);
-- hazard migration/type-changed-under-lock: numeric with another scale
alter table items alter column price type numeric(10,4);
-- hazard migration/type-changed-under-lock: integer to text
alter table logs alter level type text;
-- hazard migration/type-changed-under-lock: json to jsonb
alter table users alter column data type jsonb using data::jsonb;
-- hazard migration/type-changed-under-lock: with USING
alter table logs alter column message type text using lower(message);
-- hazard migration/type-changed-under-lock: array of longer elements
alter table users alter column tags type text[];
-- hazard migration/type-changed-under-lock: used in a check
alter table orders alter column quantity type bigint;
-- hazard migration/type-changed-under-lock: indexed column, other collation
alter table users alter column name type varchar(100) collate "C";
-- hazard migration/type-changed-under-lock: timestamptz to date
alter table logs alter column at type date;
-- hazard migration/type-changed-under-lock: partitioned table
-- on: events
alter table events alter column id type numeric;
-- hazard migration/type-change-blocked: view
alter table users alter column email type varchar(200);
-- hazard migration/type-change-blocked: view over another table
alter table orders alter column note type text;
-- hazard migration/storage-rewritten: unlogged
alter table logs set unlogged;
-- hazard migration/storage-rewritten: unlogged, in one of several
ALTER TABLE items SET UNLOGGED;
-- hazard migration/domain-constraint-scans: add
alter domain email add constraint has_at check (value like '%@%');
-- hazard migration/domain-constraint-scans: set not null
alter domain email set not null;
-- hazard migration/domain-constraint-scans: validate
alter domain plain add constraint above_zero check (value > 0) not valid;
alter domain plain validate constraint above_zero;
-- hazard migration/refresh-blocks-readers: refresh
refresh materialized view totals;
-- hazard migration/refresh-blocks-readers: qualified, upper case
REFRESH MATERIALIZED VIEW public.totals WITH DATA;
-- hazard migration/partition-attach-scans: attach
-- on: events
alter table events attach partition events_2025 for values from ('2025-01-01') to ('2026-01-01');
-- hazard migration/partition-attach-scans: attach beside a default partition
-- on: events
alter table metrics attach partition metrics_2025 for values from ('2025-01-01') to ('2026-01-01');
-- hazard migration/default-partition-scanned: attach
-- on: events
ALTER TABLE metrics ATTACH PARTITION metrics_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
-- hazard migration/default-partition-scanned: create
-- on: events
create table metrics_2024 partition of metrics for values from ('2024-01-01') to ('2025-01-01');
-- hazard migration/partition-created-in-place: create
-- on: events
create table events_2027 partition of events for values from ('2027-01-01') to ('2028-01-01');
-- hazard migration/partition-created-in-place: default
-- on: events
CREATE TABLE IF NOT EXISTS events_rest PARTITION OF events DEFAULT;
-- hazard migration/partition-detach-blocks: detach
-- on: events
alter table events detach partition events_2023;
-- hazard migration/partition-detach-blocks: drop
-- on: events
drop table events_2023;
-- hazard migration/detach-concurrently-fails: default partition
-- on: events
-- outside
-- from: 14
alter table metrics detach partition metrics_2023 concurrently;
