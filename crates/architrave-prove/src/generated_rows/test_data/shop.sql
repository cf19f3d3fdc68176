create schema app;
create type app."Mood" as enum ('sad', 'ok', 'happy');
create domain app.email as text check (value like '%@%');
create table app.countries (code char(2) primary key, name text not null unique);
create table app.customers (
    id bigint generated always as identity primary key,
    email app.email not null unique,
    country char(2) references app.countries,
    created_at timestamptz not null,
    mood app."Mood",
    tags text[],
    profile jsonb,
    score double precision,
    active boolean not null default true,
    referred_by bigint references app.customers,
    key uuid not null unique,
    "Note" text,
    balance numeric(12,2) check (balance >= 0),
    born date
);
create unique index customers_email_folded on app.customers (lower(email));
create table app.orders (
    id bigserial primary key,
    customer_id bigint not null references app.customers,
    status text not null check (status in ('new', 'paid', 'it''s "odd"', 'back\slash')),
    placed timestamp not null,
    shipped timestamp,
    total numeric(10,2) not null,
    tax numeric generated always as (total * 0.2) stored,
    check (shipped >= placed)
);
create index on app.orders (customer_id);
create table app.order_lines (
    order_id bigint references app.orders,
    line smallint,
    product int not null,
    quantity smallint not null,
    primary key (order_id, line)
);
create table app.shipments (
    order_id bigint, line smallint, leg int, carrier text,
    primary key (order_id, line, leg),
    foreign key (order_id, line) references app.order_lines
);
create table app.profiles (customer_id bigint primary key references app.customers, bio text, seen int4range);
create table app.profile_views (profile_id bigint references app.profiles, viewed_at timestamptz);
create table app.hens (id int primary key, egg_id int);
create table app.eggs (id int primary key, hen_id int not null references app.hens);
alter table app.hens add foreign key (egg_id) references app.eggs;
create table app.events (id bigint not null, at timestamptz not null, kind text, primary key (id, at)) partition by range (at);
create table app.events_1 partition of app.events for values from ('2024-01-01') to ('2024-02-01');
create table app.events_2 partition of app.events for values from ('2024-02-01') to ('2024-03-01');
create table app.places (dropped int, id int, zip text, city text, rain int);
alter table app.places drop column dropped;
create statistics app.zip_city (dependencies) on city, zip from app.places;
create materialized view app.totals as select customer_id, sum(total) total from app.orders group by 1;
create index on app.totals (customer_id);

select setseed(0.5);
insert into app.countries
    select chr(65 + n / 26) || chr(65 + n % 26), 'Country ' || md5(n::text) from generate_series(0, 199) n;
insert into app.customers (email, country, created_at, mood, tags, profile, score, active, referred_by, key, "Note", balance, born)
    select 'User' || lpad((n * 7 % 100000)::text, 6, '0') || '@example.org',
        case when random() < 0.9 then chr(65 + (power(random(), 3) * 6)::int) || chr(65 + (random() * 20)::int) end,
        '2023-01-01'::timestamptz + n * interval '37 minutes',
        (array['sad', 'ok', 'ok', 'happy', null])[1 + (random() * 4)::int]::app."Mood",
        case when random() < 0.8 then array(select t from unnest(array['vip', 'new', 'it''s, {odd}', 'b2b']) with ordinality u(t, o) where random() < 0.6 / o + n * 0) end,
        jsonb_build_object('plan', (array['free', 'pro', 'team'])[1 + (random() * 2)::int], 'login', 'n' || n, 'age', 18 + (random() * 60)::int),
        exp(random() * 5), random() < 0.85, case when n > 10 and random() < 0.3 then 1 + (random() * (n - 2))::int end,
        md5(n::text)::uuid, case when random() < 0.5 then repeat(md5(n::text), 4) end,
        case when random() < 0.95 then round((random() * 1000)::numeric, 2) end, '1950-01-01'::date + (random() * 20000)::int
    from generate_series(1, 6000) n;
insert into app.orders (customer_id, status, placed, shipped, total)
    select 1 + (power(random(), 2) * 5999)::int, (array['new', 'paid', 'paid', 'paid', 'it''s "odd"', 'back\slash'])[1 + (random() * 5)::int],
        placed, case when random() < 0.7 then placed + random() * interval '5 days' end, round((5 + random() * 500)::numeric, 2)
    from (select '2024-01-01'::timestamp + n * interval '11 minutes' + random() * interval '12 hours' from generate_series(1, 20000) n) o (placed);
insert into app.order_lines
    select o.id, l, 1 + (power(random(), 2) * 800)::int, 1 + (random() * 5)::int
    from app.orders o, generate_series(1, 5) l where l = 1 or (o.id * 31 % 5) >= l;
insert into app.shipments select order_id, line, leg, (array['ups', 'dhl'])[1 + (random())::int]
    from app.order_lines, generate_series(1, 2) leg where random() < 0.2;
insert into app.profiles select id, 'Bio ' || id, int4range(id::int, id::int + 5) from app.customers where random() < 0.5;
insert into app.profile_views select customer_id, now() - random() * interval '100 days' from app.profiles, generate_series(1, 4);
insert into app.hens select n, null from generate_series(1, 500) n;
insert into app.eggs select n, 1 + n % 500 from generate_series(1, 2000) n;
update app.hens set egg_id = id * 3;
insert into app.events select n, '2024-01-01'::timestamptz + (random() * 59) * interval '1 day', 'kind ' || n % 7 from generate_series(1, 8000) n;
insert into app.places select n, lpad((z * 37)::text, 5, '0'), 'City ' || z % 60, random() * 9
    from (select n, (power(random(), 2) * 400)::int from generate_series(1, 6000) n) x (n, z);
refresh materialized view app.totals;
vacuum (analyze);
