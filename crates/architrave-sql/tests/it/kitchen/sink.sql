-- Every kind of object that the generator writes, for PostgreSQL 12 and later.
create role "kitchen Owner" nologin;
create role kitchen_reader nologin;
create role "kitchen ""quoted""" nologin;
create schema app;
create schema "Weird ""Schema""" authorization "kitchen Owner";
comment on schema app is 'it''s \ the "app"
with a second line';
grant usage on schema app to kitchen_reader;
grant usage, create on schema "Weird ""Schema""" to kitchen_reader with grant option;
create extension if not exists pg_trgm with schema app;
create extension if not exists citext with schema public;

create type app.status as enum ('new', 'it''s', 'done', '');
alter type app.status owner to "kitchen Owner";
create type app.pair as (left_side int, "Right Side" text collate "C");
create domain app.email as public.citext default 'x@y' not null constraint looks_like_mail check (value ~ '^[^@]+@[^@]+$') check (length(value::text) < 200);
create domain app.code as app.email;
create type app.price_range as range (subtype = numeric);
comment on type app.status is 'where an order stands';
comment on domain app.email is 'an address';
grant usage on type app.status to kitchen_reader;
revoke usage on type app.pair from public;

create sequence app.numbers as smallint start 10 increment -3 minvalue -100 maxvalue 10 cache 7 cycle;
comment on sequence app.numbers is 'counts down';
grant usage on sequence app.numbers to kitchen_reader;

create function app.slug(source text) returns text language sql immutable strict parallel safe as $$ select lower(source); $$;
create function app.touch() returns trigger language plpgsql as $f$
begin
  new.updated_at := now();  -- '; $$
  return new;
end
$f$;
create function app.default_status() returns app.status language sql stable as $$ select 'new'::app.status $$;
create function app.definer(a int, variadic rest text[] default '{}', out total bigint) language plpgsql security definer set search_path = app, pg_temp set work_mem = '1MB' as $$ begin total := a; end $$;
create procedure app.archive(in days int default 30) language plpgsql as $$ begin delete from app.orders where created_at < now() - make_interval(days => days); end $$;
set check_function_bodies = off;
create function app.of_orders() returns bigint language plpgsql as $$ declare o app.orders; begin return 1; end $$;
alter function app.definer(int, text[]) owner to "kitchen Owner";
revoke execute on function app.definer(int, text[]) from public;
grant execute on function app.definer(int, text[]) to kitchen_reader;
comment on function app.slug(text) is 'kebab';
create aggregate app.longest(text) (sfunc = textcat, stype = text, initcond = '');

create table app.customers (
  id bigint generated always as identity (start with 100 increment by 5) primary key,
  email app.email,
  name text not null,
  slug text generated always as (lower(name)) stored,
  nickname text collate "C" default 'it''s',
  preferences jsonb not null default '{}',
  tags text[] default array['a', 'b']::text[],
  address app.pair,
  small smallint default 3,
  balance numeric(12,2) default 0,
  updated_at timestamptz default now()
);
alter table app.customers alter preferences set storage external, alter name set statistics 500, alter name set (n_distinct = -0.5);
comment on table app.customers is 'people ''who'' buy';
comment on column app.customers.email is 'login';
grant select, insert on app.customers to kitchen_reader;
grant update (name, email) on app.customers to kitchen_reader with grant option;
alter table app.customers owner to "kitchen Owner";

create table app.orders (
  id bigserial,
  customer_id bigint not null,
  status app.status not null default app.default_status(),
  code text,
  amount numeric check (amount >= 0),
  valid tsrange,
  created_at timestamptz not null default now(),
  updated_at timestamptz,
  constraint orders_pk primary key (id) with (fillfactor = 80),
  constraint orders_code_key unique (code) deferrable initially deferred,
  constraint "orders: code not empty" check (code <> ''),
  constraint orders_no_overlap exclude using gist (valid with &&) where (status <> 'done')
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
alter table app.orders add constraint orders_customer_fk foreign key (customer_id) references app.customers on delete cascade on update set null deferrable;
alter table app.orders add constraint late check (amount < 1000000) not valid;
alter table app.orders add constraint parent_fk foreign key (customer_id) references app.orders (id) match full not valid;
comment on constraint orders_customer_fk on app.orders is 'who';
create index orders_created_idx on app.orders using brin (created_at) with (pages_per_range = 32);
create unique index "Orders Lower" on app.orders (lower(code) desc nulls last, id) include (amount) where code is not null;
create index orders_trgm on app.orders using gin (code app.gin_trgm_ops);
create index orders_c on app.orders (code collate "C" text_pattern_ops);
comment on index app.orders_trgm is 'for like';
create index orders_for_cluster on app.orders (created_at);
alter table app.orders cluster on orders_for_cluster;
create statistics app.orders_stats (dependencies, ndistinct) on status, customer_id from app.orders;
create trigger orders_touch before update of code, amount on app.orders for each row when (old.code is distinct from new.code) execute function app.touch();
create constraint trigger orders_late after insert on app.orders deferrable initially deferred for each row execute function app.touch();
create trigger orders_off after delete on app.orders for each statement execute function app.touch();
alter table app.orders disable trigger orders_off;
alter table app.orders enable always trigger orders_touch;
comment on trigger orders_touch on app.orders is 'touches';
create rule orders_protect as on delete to app.orders where old.status = 'done' do instead nothing;
alter table app.orders enable row level security;
alter table app.orders force row level security;
create policy "Own rows" on app.orders for select to public using (customer_id = 1 and code <> 'a''b');
create policy writing on app.orders as restrictive for insert to kitchen_reader with check (status = 'new');
comment on policy writing on app.orders is 'only new';
alter table app.orders replica identity using index orders_pk;
alter sequence app.orders_id_seq owned by app.orders.id;

create unlogged table app.scratch (a int, b text);
alter table app.scratch replica identity full;

create table app.events (
  id bigint generated by default as identity,
  at timestamptz not null,
  kind text not null check (kind <> ''),
  customer_id bigint references app.customers,
  primary key (id, at)
) partition by range (at);
create index events_kind on app.events (kind);
create table app.events_2024 partition of app.events for values from ('2024-01-01') to ('2025-01-01');
create table app.events_2025 partition of app.events for values from ('2025-01-01') to ('2026-01-01') partition by hash (id);
create table app.events_2025_a partition of app.events_2025 (constraint only_a check (length(kind) < 10)) for values with (modulus 1, remainder 0);
create table app.listed (a text, b int) partition by list (lower(a));
create table app.listed_1 partition of app.listed (b default 7) for values in ('a', 'it''s', null);
create table app.events_rest (at timestamptz not null, extra text, kind text not null constraint events_kind_check check (kind <> ''), customer_id bigint, id bigint not null);
alter table app.events_rest drop column extra;
alter table app.events attach partition app.events_rest default;
create index events_rest_own on app.events_rest (customer_id);
create trigger events_touch after insert on app.events for each row execute function app.touch();
comment on table app.events_2024 is 'last year';
alter table app.events_2024 alter kind set default 'x';

create table app.base (a int not null, b text default 'x', constraint a_positive check (a > 0), constraint only_here check (b <> 'y') no inherit);
create table app.child (c int, b text default 'z') inherits (app.base);
create table app.typed of app.pair (left_side with options primary key);

create table public."Select" ("from" int primary key, "a""b" text, "Ünïcode" text);
create table public.cycle_a (id int primary key, b int);
create table public.cycle_b (id int primary key, a int references public.cycle_a);
alter table public.cycle_a add foreign key (b) references public.cycle_b;

create view app.open_orders with (security_barrier) as select o.id, c.name, app.slug(c.name) as slug from app.orders o join app.customers c on c.id = o.customer_id where o.status <> 'done';
create view app.a_first as select * from app.open_orders;
create view app.checked as select id, code from app.orders where code > 'a' with local check option;
alter view app.checked alter code set default 'q';
create function app.count_open() returns bigint language sql stable as $$ select count(*) from app.open_orders $$;
create view app.uses_function as select app.count_open() as n;
create materialized view app.totals with (fillfactor = 90) as select customer_id, sum(amount) as total from app.orders group by 1;
create unique index totals_pk on app.totals (customer_id);
create materialized view app.empty as select 1 as one with no data;
comment on view app.open_orders is 'open ones';
comment on column app.open_orders.name is 'customer''s';
comment on materialized view app.totals is 'sums';
grant select on app.open_orders to kitchen_reader;
create trigger checked_insert instead of insert on app.a_first for each row execute function app.touch();
create view app.grouped as select id, code, amount from app.orders group by id;
create view app.cyclic as select 1 as x;

create publication kitchen_pub for table app.customers, app.orders with (publish = 'insert, update');
create function app.on_ddl() returns event_trigger language plpgsql as $$ begin end $$;
create event trigger kitchen_ddl on ddl_command_end when tag in ('CREATE TABLE', 'DROP TABLE') execute function app.on_ddl();
alter default privileges in schema app grant select on tables to kitchen_reader;
alter default privileges for role "kitchen Owner" grant execute on functions to kitchen_reader;
alter default privileges for role "kitchen Owner" revoke execute on functions from public;
grant kitchen_reader to "kitchen Owner" with admin option;
set session authorization kitchen_reader;
grant update (name) on app.customers to "kitchen ""quoted""";
grant usage on schema "Weird ""Schema""" to "kitchen ""quoted""";
reset session authorization;
revoke truncate on app.scratch from current_user;
revoke all on app.base from current_user;
grant all on app.numbers to public;
grant select on app.customers_id_seq to kitchen_reader;
alter default privileges grant usage on schemas to "kitchen Owner" with grant option;
comment on sequence app.customers_id_seq is 'identity';
select pg_catalog.setval('app.customers_id_seq', 250);
select pg_catalog.nextval('app.numbers');
create table app."it's; a ""trap""" ("per%cent $1 \\ ' "" ;" int default 1 constraint "a'b""c;" check (1 > 0));
comment on column app."it's; a ""trap"""."per%cent $1 \\ ' "" ;" is E'\\'' -- $$ ; /* \n';
