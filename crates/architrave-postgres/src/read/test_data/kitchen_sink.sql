-- One of everything that the catalogue knows. The markers are those of the reader's own queries.
create schema shop;
comment on schema shop is 'sells things';
create schema "Weird ""schema""
with newline 🐘 </script>";
create extension citext schema public;
create type shop.mood as enum ('sad', 'ok', 'it''s "fine"');
comment on type shop.mood is 'how it goes';
create domain shop.email as citext not null default 'a@b' check (value ~ '@') constraint short check (length(value::text) < 100);
create type shop.money_range as range (subtype = numeric);
create type shop.address as (street text collate "C", zip varchar(10));
create type shop.shell;
create collation shop.german (provider = libc, locale = 'C');

create table shop.customer (
    id bigint generated always as identity primary key,
    email shop.email,
    mood shop.mood default 'ok',
    tags text[] not null default '{}',
    name varchar(50) collate "C",
    joined timestamptz not null default now(),
    born date default '2000-01-01 00:00:00+00'::timestamptz::date,
    score numeric(12, 2) check (score >= 0),
    address shop.address,
    upper_name text generated always as (upper(name)) stored,
    note text,
    constraint customer_email_key unique (email)
);
comment on table shop.customer is 'people who buy; "quoted", it''s 100% \backslash';
comment on column shop.customer.name is 'the name';
comment on constraint customer_email_key on shop.customer is 'one account each';
alter table shop.customer alter column note set storage external, alter column name set statistics 500;
alter table shop.customer alter column tags set compression pglz; --@ >=14
alter table shop.customer set (fillfactor = 70), replica identity full;
create index customer_lower on shop.customer (lower(name) desc nulls last, joined) include (score) where score > 10;
create index customer_tags on shop.customer using gin (tags);
create index customer_name_pattern on shop.customer (name collate "en_US" text_pattern_ops) ; --@ <0
create index customer_name_pattern on shop.customer (note collate "C" text_pattern_ops, id desc) with (fillfactor = 90);
comment on index shop.customer_lower is 'for search';
create unique index customer_score on shop.customer (score) nulls not distinct; --@ >=15

create sequence shop.invoice_number as int increment 5 minvalue 10 maxvalue 1000 start 10 cache 3 cycle;
select nextval('shop.invoice_number');
create sequence shop.unused;
create table shop.purchase (
    id serial,
    customer_id bigint not null references shop.customer on delete cascade on update restrict deferrable initially deferred,
    placed_on date not null,
    total numeric,
    during tstzrange,
    primary key (id, placed_on)
) partition by range (placed_on);
create table shop.purchase_2024 partition of shop.purchase for values from ('2024-01-01') to ('2025-01-01');
create table shop.purchase_rest partition of shop.purchase default;
create index purchase_customer on shop.purchase (customer_id);
create table shop.payment (
    purchase_id int,
    purchase_day date,
    amount numeric,
    foreign key (purchase_id, purchase_day) references shop.purchase (id, placed_on) match full,
    constraint amount_positive check (amount > 0) no inherit
);
alter table shop.payment add constraint late check (amount < 1000) not valid;
create table shop.list_parted (region text, id int) partition by list ((lower(region)), id); --@ <0
create table shop.hash_parted (id int, region text) partition by hash (id, lower(region));
create table shop.base (a int not null, b text);
create table shop.derived (c int) inherits (shop.base);
alter table shop.derived add constraint c_not_null not null c not valid; --@ >=18
create table shop.virtual_column (a int, b int generated always as (a * 2) virtual); --@ >=18
create unlogged table shop.scratch (a int);
create table shop.booking (room int, during tstzrange, exclude using gist (during with &&));
create statistics shop.customer_stats (ndistinct, dependencies, mcv) on name, score from shop.customer;

create view shop.rich with (security_barrier = true) as select id, name from shop.customer where score > 100 with local check option;
create view shop.modern with (security_invoker = true) as select c.id, p.total from shop.customer c join shop.purchase p on p.customer_id = c.id; --@ >=15
comment on column shop.rich.name is 'their name';
create materialized view shop.totals as select customer_id, sum(total) as total from shop.purchase group by customer_id;
create unique index totals_customer on shop.totals (customer_id);
create materialized view shop.empty as select 1 as one with no data;
create rule no_delete as on delete to shop.scratch do instead nothing;

create function shop.touch() returns trigger language plpgsql security definer set search_path = '' as $$ begin return new; end $$;
create function shop.add(a int, b int default 1) returns int language sql immutable strict parallel safe as 'select a + b';
create function shop.standard(a int) returns int language sql begin atomic select a + 1; end; --@ >=14
create procedure shop.work(inout x int) language plpgsql as $$ begin x := x + 1; end $$;
create aggregate shop.product(int) (sfunc = int4mul, stype = int);
comment on function shop.add(int, int) is 'adds';
create trigger touch before insert or update of name, score on shop.customer for each row when (new.score > 1) execute function shop.touch();
create constraint trigger later after update on shop.payment deferrable initially deferred for each row execute function shop.touch();
create trigger parted after insert on shop.purchase for each row execute function shop.touch();
alter table shop.customer disable trigger touch;
create function shop.on_ddl() returns event_trigger language plpgsql as $$ begin end $$;
create event trigger watch on ddl_command_end when tag in ('CREATE TABLE') execute function shop.on_ddl();
alter event trigger watch disable;
create trigger instead instead of insert on shop.rich for each row execute function shop.touch();

alter table shop.customer enable row level security, force row level security;
create policy own on shop.customer as restrictive for update to public using (id = 1) with check (id > 0 and exists (select from shop.base));
create foreign data wrapper dummy;
create server elsewhere foreign data wrapper dummy options (password 'do not read');
create foreign table shop.remote (a int) server elsewhere options (secret 'do not read');
create publication changes for table shop.base with (publish = 'insert, update');
create publication filtered for table shop.payment (purchase_id, amount) where (amount > 5); --@ >=15
create publication whole for tables in schema public; --@ >=15
create table "Weird ""schema""
with newline 🐘 </script>"."Tab le" ("sel'ect" int primary key, "</script>" text, "emoji 🐘" int references "Weird ""schema""
with newline 🐘 </script>"."Tab le");
create index "in:portion(dex)" on "Weird ""schema""
with newline 🐘 </script>"."Tab le" ("</script>" desc);
grant select (name), update (score) on shop.customer to public;
grant usage on schema shop to public;
revoke execute on function shop.touch() from public;
alter default privileges in schema shop grant select on tables to public;
analyze;
