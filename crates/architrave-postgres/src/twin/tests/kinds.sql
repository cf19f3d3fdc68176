create extension if not exists pg_trgm;
create extension if not exists btree_gist;
create extension if not exists citext;
create schema "Shop";
create type mood as enum ('sad', 'ok', 'happy', 'ecstatic');
create domain email as text check (value like '%@%');
create domain positive as int check (value > 0);
create type address as (street text, house int);
create type float_range as range (subtype = float8);
create function public.initials(text) returns text language sql immutable parallel safe as $$ select left($1, 1) $$;
create table "Shop"."Customer Orders" (
    "orderId" bigint generated always as identity primary key, gone text, "customerId" int not null, mood mood, mail email, amount positive,
    home address, during int4range, valid tstzrange, span float_range, tags text[], numbers int[], moods mood[], doc jsonb, body text,
    search tsvector, at timestamptz, "day" date, "time" time, gap interval, price numeric(10,2), flag boolean, id uuid, ip inet, net cidr, raw bytea,
    code char(5), label varchar(20), kind "char", short name, place point, box box, bits bit(4), ratio real, wide double precision, ci citext,
    doubled int generated always as (amount * 2) stored, constant int, empty text, class regclass, oid oid);
alter table "Shop"."Customer Orders" drop column gone;
insert into "Shop"."Customer Orders" ("customerId", mood, mail, amount, home, during, valid, span, tags, numbers, moods, doc, body, search, at, "day",
    "time", gap, price, flag, id, ip, net, raw, code, label, kind, short, place, box, bits, ratio, wide, ci, constant, class, oid)
select i * i % 700, (array['sad', 'ok', 'ok', 'ok', 'happy', 'ecstatic'])[1 + i % 6]::mood, 'User' || i % 3000 || '@example.org',
    1 + (i * 7919 % 1000) * (i % 3 + 1), row('Street ' || i % 40, i % 90)::address,
    case when i % 50 = 0 then 'empty' when i % 77 = 0 then int4range(i, null) else int4range(i % 5000, i % 5000 + 1 + i % 37) end,
    tstzrange('2024-01-01'::timestamptz + i * interval '1 hour', '2024-01-02'::timestamptz + i * interval '1 hour'),
    float_range(i % 100, i % 100 + 0.5),
    array[(array['red', 'green', 'blue', 'grey'])[1 + i % 4], 'tag' || i % 60], array[i % 10, i % 7, i % 100], array['ok', 'happy']::mood[],
    jsonb_build_object('k', i % 20, 'name', 'n' || i % 500, 'list', array[i % 5]), repeat('lorem ipsum ' || i % 100 || ' ', 20),
    to_tsvector('english', 'word' || i % 300 || ' common ' || case when i % 9 = 0 then 'rare' else 'usual' end),
    '2024-01-01'::timestamptz + i * interval '17 minutes', date '2020-01-01' + i % 1500, time '00:00' + (i % 1440) * interval '1 minute',
    (i % 100) * interval '1 hour', (i * 31 % 100000) / 100.0, i % 20 = 0, md5(i::text)::uuid, ('10.0.' || i % 200 || '.' || i % 250)::inet,
    ('10.' || i % 200 || '.0.0/16')::cidr, decode(md5(i::text), 'hex'), 'c' || i % 99, 'label' || i % 9, chr(97 + i % 26)::"char", 'name' || i % 77,
    point(i % 100, i % 90), box(point(i % 100, i % 90), point(i % 100 + 1, i % 90 + 1)), (i % 16)::bit(4), i % 1000 / 7.0, sqrt(i), 'CI' || i % 1200, 7,
    'pg_class'::regclass, i % 500
from generate_series(1, 12000) i;
create index on "Shop"."Customer Orders" (lower(mail));
create index on "Shop"."Customer Orders" (((doc ->> 'k')::int));
create index on "Shop"."Customer Orders" (initials(body) varchar_pattern_ops, mood);
create index "Mood Index" on "Shop"."Customer Orders" (mood, at desc) include (amount) where flag;
create index on "Shop"."Customer Orders" using gin (tags);
create index on "Shop"."Customer Orders" using gin (numbers);
create index on "Shop"."Customer Orders" using gin (doc jsonb_path_ops);
create index on "Shop"."Customer Orders" using gin (doc);
create index on "Shop"."Customer Orders" using gin (search);
create index on "Shop"."Customer Orders" using gin (to_tsvector('english', body));
create index on "Shop"."Customer Orders" using gin (mail gin_trgm_ops);
create index on "Shop"."Customer Orders" using gist (during);
create index on "Shop"."Customer Orders" using gist (place);
create index on "Shop"."Customer Orders" using gist (valid, amount);
create index on "Shop"."Customer Orders" using spgist (label);
create index on "Shop"."Customer Orders" using brin (at) with (pages_per_range = 8);
create index on "Shop"."Customer Orders" using brin ("day");
create index on "Shop"."Customer Orders" using hash (id);
create index on "Shop"."Customer Orders" ("customerId", "day");
create index on "Shop"."Customer Orders" (code, price);
create index on "Shop"."Customer Orders" (ci);
create index on "Shop"."Customer Orders" (ip);
create table lines ("orderId" bigint references "Shop"."Customer Orders", line int, product int, note text, primary key ("orderId", line));
insert into lines select o, l, (o * l) % 400, repeat('n', (o % 3)::int * 5) from generate_series(1, 12000) o, generate_series(1, 3) l where (o + l) % 2 = 0;
create table returns ("orderId" bigint, line int, reason text, foreign key ("orderId", line) references lines);
insert into returns select "orderId", line, 'r' || product % 3 from lines where product % 20 = 0;
create table events (id bigint, at date not null, tenant int, payload text, primary key (id, at)) partition by range (at);
create table events_2023 partition of events for values from ('2023-01-01') to ('2024-01-01');
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01') partition by hash (id);
create table events_2024_0 partition of events_2024 for values with (modulus 2, remainder 0);
create table events_2024_1 partition of events_2024 for values with (modulus 2, remainder 1);
create table events_rest partition of events default;
create index on events (tenant, at);
insert into events select i, date '2023-06-01' + i % 700, i * i % 50, 'p' || i from generate_series(1, 20000) i;
create table animal (id int, name text);
create table cat (lives int) inherits (animal);
create table dog (breed text) inherits (animal);
insert into animal select i, 'animal' || i % 5 from generate_series(1, 100) i;
insert into dog select i, 'dog' || i % 50, 'b' || i % 9 from generate_series(1, 4000) i;
insert into cat select i, 'cat' || i % 20, i % 9 from generate_series(1, 2000) i;
create index on dog (id);
create materialized view daily as select "day", count(*) as orders, sum(amount) as amount from "Shop"."Customer Orders" group by 1;
create unique index on daily ("day");
create view big as select * from "Shop"."Customer Orders" where amount > 2000;
create table nothing (id int primary key, a text);
create table never (id int primary key, a int, b text);
insert into never select i, i % 10, 'x' from generate_series(1, 5000) i;
create table changed (id int primary key, a int);
insert into changed select i, i % 10 from generate_series(1, 1000) i;
alter table never set (autovacuum_enabled = off);
vacuum analyze "Shop"."Customer Orders";
analyze lines;
analyze returns;
analyze events;
analyze animal;
analyze dog;
analyze cat;
analyze daily;
analyze nothing;
analyze changed;
insert into changed select i, i % 10 from generate_series(1001, 9000) i;
create table correlated (gone int, a int, b int, c text, d int, m mood, at timestamp);
alter table correlated drop column gone;
insert into correlated select i % 100, i % 100 / 5, 'c' || i % 100 / 10, i, (array['sad', 'ok', 'happy'])[1 + i % 100 % 3]::mood,
    '2024-01-01'::timestamp + i * interval '1 hour' from generate_series(1, 10000) i;
create statistics by_distinct (ndistinct) on a, b, c from correlated;
create statistics by_dependency (dependencies) on a, b, c from correlated;
create statistics by_list (mcv) on a, c, m from correlated;
create statistics by_expression on (date_trunc('day', at)), (lower(c)), a from correlated; --@ >=14
create statistics by_one_expression on (a + d) from correlated; --@ >=14
analyze correlated;
