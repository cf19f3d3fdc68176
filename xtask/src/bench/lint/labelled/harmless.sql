-- harmless: new table
create table invoices (id bigint primary key generated always as identity, number text not null unique, issued date not null);
-- harmless: new table with its indexes
create table invoices (id bigint primary key, order_id bigint not null, issued date);
create index invoices_order_id_idx on invoices (order_id);
create unique index invoices_issued_key on invoices (issued, id);
-- harmless: new table that references an old one
create table addresses (id bigint primary key, user_id bigint not null references users (id) on delete cascade, street text);
-- harmless: new table, constraints added after
create table invoices (id bigint, order_id bigint, total numeric);
alter table invoices add primary key (id);
alter table invoices add constraint total_positive check (total > 0);
alter table invoices add constraint invoices_order_fk foreign key (order_id) references orders (id);
-- harmless: new table, not null and unique after
create table labels (id bigint primary key, name text);
alter table labels alter column name set not null;
alter table labels add constraint labels_name_key unique (name);
-- harmless: new table, filled and changed
create table states (name text);
insert into states values ('open'), ('paid'), ('sent');
update states set name = upper(name);
delete from states where name = 'SENT';
alter table states alter column name type varchar(20);
-- harmless: new table, column renamed and dropped again
create table drafts (id bigint primary key, txt text, junk text);
alter table drafts rename column txt to body;
alter table drafts drop column junk;
-- harmless: new table renamed
create table tmp_orders (id bigint primary key);
alter table tmp_orders rename to order_drafts;
-- harmless: new table dropped again
create table scratch (id bigint);
drop table scratch;
-- harmless: new table truncated
create table scratch (id bigint);
truncate scratch;
-- harmless: new table with trigger
create table notes (id bigint primary key, created_at timestamp);
create trigger notes_touch before update on notes for each row execute function touch();
alter table notes disable trigger notes_touch;
alter table notes enable trigger notes_touch;
-- harmless: new table if not exists
create table if not exists settings (key text primary key, value jsonb not null default '{}');
create index if not exists settings_value_idx on settings using gin (value);
-- harmless: new unlogged table made permanent
create unlogged table staging (id bigint primary key, payload text);
alter table staging set logged;
-- harmless: new partitioned table with partitions
create table visits (id bigint not null, at date not null) partition by range (at);
create table visits_2024 partition of visits for values from ('2024-01-01') to ('2025-01-01');
create table visits_rest partition of visits default;
create index visits_at_idx on visits (at);
-- harmless: new partition detached again
create table visits (id bigint not null, at date not null) partition by range (at);
create table visits_2024 partition of visits for values from ('2024-01-01') to ('2025-01-01');
alter table visits detach partition visits_2024;
-- harmless: two new tables, one referencing the other, key dropped
create table a (id bigint primary key);
create table b (id bigint primary key, a_id bigint references a);
alter table b drop constraint b_a_id_fkey;
-- harmless: temporary table
create temporary table picked as select id from users where score > 40;
create index on picked (id);
drop table picked;
-- harmless: table like another
create table users_archive (like users including defaults including constraints);
-- harmless: new schema with tables
create schema billing;
create table billing.plans (id bigint primary key, price numeric not null);
create index on billing.plans (price);
-- harmless: quoted new table
CREATE TABLE "AuditLog" ("id" SERIAL NOT NULL, "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "userId" BIGINT, CONSTRAINT "AuditLog_pkey" PRIMARY KEY ("id"));
CREATE INDEX "AuditLog_userId_idx" ON "AuditLog"("userId");
-- harmless: column, nullable
alter table users add column phone text;
-- harmless: column, if not exists
ALTER TABLE "users" ADD COLUMN IF NOT EXISTS "phone" TEXT;
-- harmless: column, constant default
alter table users add column language text default 'en';
-- harmless: column, not null with constant default
alter table users add column verified boolean not null default false;
-- harmless: column, numeric constant
alter table orders add column shipping numeric(10,2) not null default 0.00;
-- harmless: column, jsonb constant
alter table users add column settings jsonb not null default '{}'::jsonb;
-- harmless: column, array constant
alter table items add column labels text[] not null default array[]::text[];
-- harmless: column, now()
alter table items add column created_at timestamptz not null default now();
-- harmless: column, current_timestamp
ALTER TABLE "logs" ADD COLUMN "updatedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
-- harmless: column, current_date
alter table logs add column day date default current_date;
-- harmless: column, stable expression
alter table users add column trial_ends timestamptz default now() + interval '14 days';
-- harmless: column, immutable function
alter table users add column slug text default lower('NONE');
-- harmless: column, enum constant
alter table items add column state state not null default 'open';
-- harmless: column, uuid without default
alter table users add column public_id uuid;
-- harmless: column, unconstrained domain
alter table users add column rank plain;
-- harmless: column, negative default
alter table users add column balance integer not null default -1;
-- harmless: column, null default
alter table users add column nickname varchar(30) default null;
-- harmless: column, several in one statement
alter table users add column first_name text, add column last_name text, add column title text default '';
-- harmless: column, several statements on one table
alter table users add column first_name text;
alter table users add column last_name text;
comment on column users.first_name is 'given name';
-- harmless: column, reference to a new table
create table plans (id bigint primary key);
alter table users add column plan_id bigint;
-- harmless: column, virtual generated
-- from: 18
alter table items add column value numeric generated always as (amount * price) virtual;
-- harmless: column, volatile default set after it was added
alter table users add column public_id uuid;
alter table users alter column public_id set default gen_random_uuid();
-- harmless: column added and dropped again
alter table users add column draft text;
alter table users drop column draft;
-- harmless: column added and renamed
alter table users add column draft text;
alter table users rename column draft to sketch;
-- harmless: column of a partitioned table
-- on: events
alter table events add column source text;
-- harmless: column of a partitioned table with constant default
-- on: events
alter table events add column source text not null default 'web';
-- harmless: type, varchar wider
alter table users alter column name type varchar(200);
-- harmless: type, same type again
alter table users alter column name type varchar(100);
-- harmless: type, numeric wider
alter table items alter column price type numeric(12,2);
-- harmless: type, varchar wider on an indexed column
ALTER TABLE users ALTER name SET DATA TYPE varchar(255);
-- harmless: type, numeric wider, quoted
ALTER TABLE "items" ALTER COLUMN "price" SET DATA TYPE DECIMAL(20,2);
-- harmless: default set
alter table users alter column score set default 0;
-- harmless: default dropped of a nullable column
alter table contacts alter column mail drop default;
-- harmless: default changed
alter table orders alter column total set default 1;
-- harmless: not null dropped
alter table users alter column email drop not null;
-- harmless: not null with a validated proof
alter table orders alter column discount set not null;
-- harmless: not null with a validated proof, dropped after
alter table orders alter column discount set not null;
alter table orders drop constraint discount_set;
-- harmless: not null in four steps
-- outside
alter table logs add constraint level_set check (level is not null) not valid;
-- file: 2
alter table logs validate constraint level_set;
-- file: 3
alter table logs alter column level set not null;
-- file: 4
alter table logs drop constraint level_set;
-- harmless: not null on a column that is so already
alter table users alter column email set not null;
-- harmless: check, not valid
alter table orders add constraint total_positive check (total >= 0) not valid;
-- harmless: check, not valid and validated in another file
-- file: 1
alter table items add constraint amount_positive check (amount > 0) not valid;
-- file: 2
alter table items validate constraint amount_positive;
-- harmless: foreign key, not valid
alter table items add constraint items_order_fk foreign key (order_id) references orders (id) not valid;
-- harmless: foreign key, not valid and validated in another file
-- file: 1
alter table items add constraint items_order_fk foreign key (order_id) references orders (id) not valid;
-- file: 2
alter table items validate constraint items_order_fk;
-- harmless: constraint renamed
alter table orders rename constraint quantity_check to quantity_positive;
-- harmless: check dropped
alter table orders drop constraint quantity_check;
-- harmless: unique constraint dropped
-- outside
set lock_timeout = '2s';
alter table items drop constraint items_order_id_sku_key;
-- harmless: key over an index that is there
-- file: 1 no-transaction
drop index concurrently if exists users_name_key;
create unique index concurrently users_name_key on users (name);
-- file: 2
set local lock_timeout = '2s';
alter table users add constraint users_name_key unique using index users_name_key;
-- harmless: primary key over an index of required columns
-- file: 1 no-transaction
drop index concurrently if exists orders_new_pkey;
create unique index concurrently orders_new_pkey on orders (id);
-- harmless: index, concurrently
-- outside
create index concurrently users_score_idx on users (score);
-- harmless: index, concurrently, upper case and unique
-- outside
CREATE UNIQUE INDEX CONCURRENTLY "items_sku_key" ON "items" ("sku");
-- harmless: index, concurrently, expression
-- outside
create index concurrently users_lower_email_idx on users (lower(email)) where active;
-- harmless: index, dropped first and made concurrently
-- outside
drop index concurrently if exists users_score_idx;
create index concurrently users_score_idx on users (score);
-- harmless: index, dropped concurrently
-- outside
drop index concurrently users_name_idx;
-- harmless: index, time-outs off
-- outside
set lock_timeout = 0;
set statement_timeout = 0;
create index concurrently logs_level_idx on logs (level);
-- harmless: index, rebuilt concurrently
-- outside
reindex index concurrently users_name_idx;
-- harmless: index, table rebuilt concurrently
-- outside
-- from: 12
reindex table concurrently orders;
-- harmless: index of a partitioned table by parts
-- on: events
-- outside
create index events_at_idx on only events (at);
create index concurrently events_2023_at_idx on events_2023 (at);
alter index events_at_idx attach partition events_2023_at_idx;
create index concurrently events_2024_at_idx on events_2024 (at);
alter index events_at_idx attach partition events_2024_at_idx;
-- harmless: index renamed
alter index users_name_idx rename to users_by_name;
-- harmless: index options
alter index users_name_idx set (fillfactor = 80);
-- harmless: statistics
create statistics users_stats (dependencies) on country, active from users;
alter table users alter column email set statistics 500;
analyze users;
-- harmless: analyze
analyze orders;
-- harmless: vacuum
-- outside
vacuum (analyze) orders;
-- harmless: options of a table
alter table logs set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
-- harmless: storage of a column
alter table logs alter column message set storage external;
-- harmless: comment on a table
comment on table users is 'people who have an account';
-- harmless: comments on columns
comment on column users.email is 'unique, lower case';
comment on column orders.total is 'with tax';
-- harmless: view
create view big_orders as select id, total from orders where total > 1000;
-- harmless: view replaced with one more column
create or replace view active_users as select id, email, name from users where active;
-- harmless: view dropped and made again
drop view order_notes;
create view order_notes as select id, note, state from orders;
-- harmless: materialized view, new
create materialized view countries_used as select country, count(*) from users group by country;
create unique index on countries_used (country);
-- harmless: materialized view, new, without data and filled
create materialized view levels as select level, count(*) from logs group by level with no data;
refresh materialized view levels;
-- harmless: materialized view, refreshed concurrently
refresh materialized view concurrently totals;
-- harmless: function
create function full_name(u users) returns text language sql stable as $$ select u.name $$;
-- harmless: function replaced
create or replace function double(n integer) returns integer language sql immutable as $$ select n + n $$;
-- harmless: function with dangerous words in its body
create function purge() returns void language plpgsql as $$ begin delete from logs; truncate sessions; drop table if exists scratch; end $$;
-- harmless: procedure
create procedure nightly() language plpgsql as $$ begin update users set note = null; commit; end $$;
-- harmless: trigger function and new trigger with a time-out
set local lock_timeout = '1s';
create trigger orders_touch before update on orders for each row execute function touch();
-- harmless: trigger disabled and enabled
set local lock_timeout = '1s';
alter table users disable trigger users_touch;
alter table users enable trigger users_touch;
-- harmless: enum, new
create type priority as enum ('low', 'high');
alter table orders add column priority priority not null default 'low';
-- harmless: enum, value added
alter type state add value 'returned';
-- harmless: enum, value added if not exists, place given
ALTER TYPE state ADD VALUE IF NOT EXISTS 'packed' BEFORE 'sent';
-- harmless: enum, value added and used in the next file
-- file: 1
alter type state add value 'returned';
-- file: 2
alter table orders alter column state set default 'returned';
-- harmless: enum, two values added
alter type state add value 'returned';
alter type state add value 'lost';
-- harmless: enum, values of a new type used
create type size as enum ('s', 'm');
create table shirts (id bigint primary key, size size not null default 'm');
insert into shirts values (1, 's');
-- harmless: enum, renamed type
alter type unused rename to spare;
-- harmless: domain, new
create domain code as text check (length(value) = 4);
create table codes (code code primary key);
-- harmless: domain, constraint not validated
alter domain email add constraint has_at check (value like '%@%') not valid;
-- harmless: domain, nobody uses it
alter domain positive add constraint below check (value < 1000);
-- harmless: domain, constraint dropped
alter domain positive drop constraint above_zero;
-- harmless: domain, default
alter domain email set default 'nobody@example.org';
-- harmless: sequence, new
create sequence invoice_numbers start 1000;
-- harmless: sequence, restarted
alter sequence tickets restart with 500;
-- harmless: sequence, next value taken
select nextval('tickets');
-- harmless: extension that is there
create extension if not exists plpgsql;
-- harmless: schema
create schema if not exists audit;
-- harmless: grant to a role
grant select on users to pg_monitor;
-- harmless: grant on all tables to a role
grant usage on schema archive to pg_monitor;
grant select on all tables in schema archive to pg_monitor;
-- harmless: grant on a new table to everybody
create table faq (id bigint primary key, answer text);
grant select on faq to public;
-- harmless: revoke
revoke all on users from public;
-- harmless: default privileges
alter default privileges in schema archive grant select on tables to pg_monitor;
-- harmless: policy on a new table
create table secrets (id bigint primary key, owner text);
alter table secrets enable row level security;
create policy own on secrets using (owner = current_user);
-- harmless: policy added
-- on: guarded
create policy readers on notes for select using (true);
-- harmless: policy replaced
-- on: guarded
drop policy own on notes;
create policy own on notes using (owner = current_user) with check (owner = current_user);
-- harmless: policy altered
-- on: guarded
alter policy own on notes using (owner = session_user);
-- harmless: row security enabled with its policy
-- on: guarded
alter table drafts enable row level security;
create policy own on drafts using (owner = current_user);
-- harmless: row security forced
-- on: guarded
alter table notes force row level security;
-- harmless: grant to everybody under row security
-- on: guarded
grant select on notes to public;
-- harmless: published table, column dropped by nobody, index added
-- on: guarded
-- outside
create index concurrently feed_kind_idx on feed (kind);
-- harmless: unpublished table changed
-- on: guarded
alter table feed_parts add column author text;
-- harmless: publication, new
-- on: guarded
create publication parts for table feed_parts;
-- harmless: replica identity full
-- on: guarded
alter table feed replica identity full;
-- harmless: rows, one inserted
insert into countries values ('SE', 'Sweden');
-- harmless: rows, several inserted
insert into countries (code, name) values ('DK', 'Denmark'), ('FI', 'Finland') on conflict do nothing;
-- harmless: rows, one updated by key
update users set active = false where id = 17;
-- harmless: rows, some deleted
delete from sessions where seen < '2020-01-01';
-- harmless: rows, some updated by a list
update countries set name = 'Norge' where code in ('NO');
-- harmless: rows, a batch updated
-- outside
update users set note = '' where id in (select id from users where note is null order by id limit 1000);
-- harmless: rows, a batch deleted
-- outside
delete from logs where ctid in (select ctid from logs where level = 0 limit 1000);
-- harmless: rows, read only
select count(*) from users;
-- harmless: rows of a small table
-- rows: public.countries 12
update countries set name = trim(name);
-- harmless: small table, index
-- rows: public.countries 12
create index countries_name_idx on countries (name);
-- harmless: small table, not null
-- rows: public.countries 12
alter table countries alter column name set not null;
-- harmless: small table, type
-- rows: public.contacts 40
alter table contacts alter column id type numeric;
-- harmless: small table, check
-- rows: public.logs 100
alter table logs add constraint level_positive check (level > 0);
-- harmless: small table, unique
-- rows: public.countries 12
alter table countries add constraint countries_name_key unique (name);
-- harmless: small table, column with a volatile default
-- rows: public.countries 12
alter table countries add column public_id uuid not null default gen_random_uuid();
-- harmless: small table, column and back-fill
-- rows: public.countries 12
alter table countries add column upper_name text;
update countries set upper_name = upper(name);
-- harmless: small tables, foreign key
-- rows: public.items 30, public.orders 30
alter table items add constraint items_order_fk foreign key (order_id) references orders (id);
-- harmless: small table, rebuilt index
-- rows: public.users 40
-- outside
reindex index users_name_idx;
-- harmless: attach with a proof
-- on: events
set local lock_timeout = '2s';
alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01');
-- harmless: attach of a new table
-- on: events
create table events_2027 (like events including defaults including constraints);
alter table events attach partition events_2027 for values from ('2027-01-01') to ('2028-01-01');
-- harmless: attach beside a default partition with an excluding check
-- on: events
set local lock_timeout = '2s';
alter table readings attach partition readings_2025 for values from ('2025-01-01') to ('2026-01-01');
-- harmless: detach concurrently
-- on: events
-- outside
-- from: 14
alter table events detach partition events_2023 concurrently;
-- harmless: settings only
set lock_timeout = '2s';
set statement_timeout = '1min';
-- harmless: comment only
-- nothing to do: drop table users; create index on orders (note);
-- harmless: literal that looks like a statement
insert into logs (message) values ('drop table users; alter table users rename column a to b');
-- harmless: drop of what is not there
drop table if exists never_was;
drop index if exists never_was_idx;
drop view if exists never_was_view;
-- harmless: DO block that does nothing to the schema
do $$ begin if not exists (select 1 from users where id = 1) then raise notice 'empty'; end if; end $$;
-- harmless: DO block that adds a column
do $$ begin alter table users add column phone text; exception when duplicate_column then null; end $$;
-- harmless: DO block that makes a table
do $$ begin execute format('create table %I (id bigint primary key)', 'made_here'); end $$;
-- harmless: trigger function of nobody dropped
create function nobody() returns trigger language plpgsql as $$ begin return null; end $$;
drop function nobody();
-- harmless: table locked for a moment with a time-out
set local lock_timeout = '1s';
lock table users in share update exclusive mode;
-- harmless: column with a time-out
set local lock_timeout = '2s';
alter table orders add column gift boolean not null default false;
-- harmless: generated column replaced
create table areas (w integer, h integer, a integer generated always as (w * h) stored);
alter table areas drop column a;
alter table areas add column a bigint generated always as (w * h) stored;
-- harmless: rename behind a view
alter table logs rename to events_log;
create view logs as select * from events_log;
-- harmless: identity of a new key
alter table items alter column id drop default;
alter table items alter column id add generated by default as identity;
-- harmless: owner of a new table
create table owned (id bigint primary key);
alter table owned owner to current_user;
