-- hazard migration/referenced-table-locked: drop constraint
alter table orders drop constraint orders_user_id_fkey;
-- hazard migration/referenced-table-locked: drop column
alter table sessions drop column user_id;
-- hazard migration/referenced-table-locked: drop table
drop table sessions;
-- hazard migration/referenced-table-locked: if exists
ALTER TABLE IF EXISTS users DROP CONSTRAINT IF EXISTS users_country_fkey;
-- hazard migration/column-renamed: plain
alter table users rename column note to remark;
-- hazard migration/column-renamed: without the word column
ALTER TABLE orders RENAME placed_at TO ordered_at;
-- hazard migration/column-renamed: of a partitioned table
-- on: events
alter table events rename column kind to type;
-- hazard migration/column-renamed: in a block
begin;
set local lock_timeout = '2s';
alter table if exists public.items rename column amount to pieces;
commit;
-- hazard migration/hidden-in-dynamic-sql: column renamed
do $$ begin alter table logs rename column level to severity; end $$;
-- hazard migration/relation-renamed: table
alter table users rename to customers;
-- hazard migration/relation-renamed: upper case
ALTER TABLE public.items RENAME TO order_items;
-- hazard migration/relation-renamed: set schema
alter table logs set schema archive;
-- hazard migration/relation-renamed: schema
alter schema archive rename to old;
-- hazard migration/relation-renamed: view
alter view active_users rename to current_users;
-- hazard migration/enum-value-renamed: value
alter type state rename value 'sent' to 'shipped';
-- hazard migration/enum-value-renamed: qualified
ALTER TYPE public.state RENAME VALUE 'paid' TO 'settled';
-- hazard migration/column-dropped: plain
alter table users drop column note;
-- hazard migration/column-dropped: if exists
ALTER TABLE orders DROP COLUMN IF EXISTS discount;
-- hazard migration/column-dropped: several
alter table items drop column amount, drop column price;
-- hazard migration/column-dropped: without the word column
alter table logs drop level;
-- hazard migration/column-dropped: of a partitioned table
-- on: events
alter table events drop column note;
-- hazard migration/column-dropped: in a block with a time-out
begin;
set local lock_timeout = '2s';
alter table users drop column data;
commit;
-- hazard migration/column-recreated: two statements
alter table users drop column note;
alter table users add column note varchar(200);
-- hazard migration/column-recreated: one statement
ALTER TABLE "items" DROP COLUMN "price", ADD COLUMN "price" DOUBLE PRECISION;
-- hazard migration/column-recreated: with a default
alter table logs drop column level;
alter table logs add column level text not null default 'info';
-- hazard migration/table-dropped: plain
drop table logs;
-- hazard migration/table-dropped: if exists
DROP TABLE IF EXISTS contacts;
-- hazard migration/table-dropped: several
drop table items, logs;
-- hazard migration/table-dropped: in another schema
drop table archive.orders_2020;
-- hazard migration/hidden-in-dynamic-sql: table dropped
do $$ begin execute 'drop table logs'; end $$;
-- hazard migration/object-dropped: view
drop view active_users;
-- hazard migration/object-dropped: materialized view
drop materialized view totals;
-- hazard migration/object-dropped: function
drop function double(integer);
-- hazard migration/object-dropped: view if exists
DROP VIEW IF EXISTS order_notes;
-- hazard migration/object-dropped: schema with tables
drop schema archive cascade;
-- hazard migration/drop-cascades: table with views
drop table orders cascade;
-- hazard migration/drop-cascades: column of a view
alter table users drop column email cascade;
-- hazard migration/drop-cascades: referenced table
DROP TABLE users CASCADE;
-- hazard migration/drop-cascades: type of a column
drop type state cascade;
-- hazard migration/drop-cascades: domain of a column
drop domain email cascade;
-- hazard migration/drop-cascades: primary key with a reference
alter table users drop constraint users_pkey cascade;
-- hazard migration/drop-cascades: trigger function
drop function touch() cascade;
-- hazard migration/function-body-breaks: column dropped
alter table users drop column score;
-- hazard migration/function-body-breaks: column renamed
alter table users rename column score to points;
-- hazard migration/function-body-breaks: table renamed
alter table users rename to people;
-- hazard migration/required-column-unfilled: default dropped at once
alter table users add column language text not null default 'en';
alter table users alter column language drop default;
-- hazard migration/required-column-unfilled: default of an old column dropped
alter table orders alter column total drop default;
-- hazard migration/required-column-unfilled: nullable, filled, required
alter table logs add column host text;
update logs set host = 'unknown';
alter table logs alter column host set not null;
-- hazard migration/required-column-unfilled: one statement each, upper case
ALTER TABLE "items" ADD COLUMN "unit" varchar(10) NOT NULL DEFAULT 'pcs';
ALTER TABLE "items" ALTER COLUMN "unit" DROP DEFAULT;
-- hazard migration/truncates: plain
truncate logs;
-- hazard migration/truncates: cascade
truncate table users cascade;
-- hazard migration/truncates: several, restart identity
TRUNCATE items, logs RESTART IDENTITY;
-- hazard migration/hidden-in-dynamic-sql: table emptied
do $$ begin truncate sessions; end $$;
-- hazard migration/all-rows-written: update
update users set active = true;
-- hazard migration/all-rows-written: update from an expression
UPDATE items SET price = price * 1.25, amount = amount + 1;
-- hazard migration/all-rows-written: delete
delete from logs;
-- hazard migration/all-rows-written: back-fill of a new column
-- outside
alter table users add column domain text;
update users set domain = split_part(email, '@', 2) where domain is null;
-- hazard migration/all-rows-written: quoted
update "orders" set "note" = coalesce("note", '');
-- hazard migration/all-rows-written: delete, qualified
delete from only public.sessions;
-- hazard migration/hidden-in-dynamic-sql: columns dropped in a loop
do $$ declare c text; begin foreach c in array array['amount', 'price'] loop execute format('alter table items drop column %I', c); end loop; end $$;
-- hazard migration/hidden-in-dynamic-sql: not null through format
do $$ begin execute format('alter table %I alter column %I set not null', 'users', 'name'); end $$;
-- hazard migration/back-fill-under-lock: new column and update
alter table users add column domain text;
update users set domain = split_part(email, '@', 2);
-- hazard migration/back-fill-under-lock: another table
alter table items add column currency text;
update orders set note = 'checked';
-- hazard migration/back-fill-under-lock: insert from select after a lock
alter table orders add column archived boolean;
insert into archive.orders_2020 (id, total) select id + 1000, total from orders;
-- hazard migration/back-fill-under-lock: delete after a lock
alter table sessions add column agent text;
delete from sessions;
-- hazard migration/back-fill-under-lock: block in a file without a transaction
-- outside
begin;
alter table logs add column host text;
update logs set host = 'unknown';
commit;
-- hazard migration/back-fill-under-lock: explicit lock
lock table users in access exclusive mode;
update users set note = '';
-- hazard migration/index-built-under-lock: after a column of the same table
alter table users add column phone text;
create index users_note_idx on users (note);
-- hazard migration/work-under-lock: column and materialized view
alter table orders add column currency text;
create materialized view months as select date_trunc('month', placed_at) as month, count(*) from orders group by 1;
-- hazard migration/work-under-lock: constraint of another table validated
alter table users add column phone text;
alter table items add constraint amount_positive check (amount > 0);
-- hazard migration/work-under-lock: copy of a table
alter table logs add column host text;
create table logs_copy as select * from logs;
-- hazard migration/work-under-lock: trigger and foreign key
create trigger items_touch before update on items for each row execute function touch();
alter table logs alter column message set not null;
-- hazard migration/enum-value-used-at-once: default
alter type state add value 'returned';
alter table orders alter column state set default 'returned';
-- hazard migration/enum-value-used-at-once: update
ALTER TYPE state ADD VALUE IF NOT EXISTS 'lost' AFTER 'sent';
UPDATE orders SET state = 'lost' WHERE id = 1;
-- hazard migration/enum-value-used-at-once: insert
alter type state add value 'held';
insert into orders (user_id, state) values (1, 'held');
-- hazard migration/enum-value-used-at-once: partial index
alter type state add value 'draft' before 'open';
create index orders_draft_idx on orders (id) where state = 'draft';
-- hazard migration/enum-value-used-at-once: check
alter type unused add value 'c';
alter table logs add column kind unused default 'c';
-- hazard migration/trigger-left-disabled: one
alter table users disable trigger users_touch;
-- hazard migration/trigger-left-disabled: user
ALTER TABLE users DISABLE TRIGGER USER;
-- hazard migration/trigger-left-disabled: with an update between
alter table users disable trigger users_touch;
update users set note = '' where id = 1;
-- hazard migration/cached-plan-result-changes: integer to bigint
alter table users alter column score type bigint;
-- hazard migration/cached-plan-result-changes: varchar to text
alter table users alter column name type text;
-- hazard migration/check-refuses-old-rows: score
alter table users add constraint score_small check (score < 10) not valid;
-- hazard migration/check-refuses-old-rows: unnamed
alter table items add check (price > 5) not valid;
-- hazard migration/check-refuses-old-rows: not null spelled as check
alter table users add constraint note_set check (note is not null) not valid;
-- hazard migration/row-security-weakened: disabled
-- on: guarded
alter table notes disable row level security;
-- hazard migration/row-security-weakened: last policy dropped
-- on: guarded
drop policy own on notes;
-- hazard migration/row-security-weakened: restrictive policy dropped
-- on: guarded
drop policy open_only on tasks;
-- hazard migration/row-security-without-policy: enabled
-- on: guarded
alter table drafts enable row level security;
-- hazard migration/privileges-widened: to public
-- on: guarded
grant select on drafts to public;
-- hazard migration/privileges-widened: all to public
GRANT ALL ON TABLE users TO PUBLIC;
-- hazard migration/published-table-changed: column added
-- on: guarded
alter table feed add column author text;
-- hazard migration/published-table-changed: type changed
-- on: guarded
alter table feed alter column kind type bigint;
-- hazard migration/replication-broken: identity nothing
-- on: guarded
alter table feed replica identity nothing;
-- hazard migration/replication-broken: key dropped
-- on: guarded
alter table feed drop constraint feed_pkey;
-- hazard migration/replication-broken: publication dropped
-- on: guarded
drop publication stream;
-- hazard migration/statement-refused: column of a view
alter table users drop column email;
-- hazard migration/statement-refused: table that is referenced
drop table users;
-- hazard migration/statement-refused: no such column
alter table users drop column nickname;
-- hazard migration/statement-refused: no such table
alter table customers add column note text;
-- hazard migration/statement-refused: name taken
create table users (id bigint primary key);
-- hazard migration/statement-refused: type in use
drop type state;
-- hazard migration/statement-refused: function of a trigger
drop function touch();
-- hazard migration/statement-refused: replaced view without a column
create or replace view active_users as select id from users;
-- hazard migration/statement-refused: unique not valid
alter table users add constraint users_name_key unique (name) not valid;
-- hazard migration/statement-refused: foreign key to a column without key
alter table logs add column total numeric references orders (total);
