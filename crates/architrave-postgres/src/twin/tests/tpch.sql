create table region (r_regionkey int primary key, r_name char(25) not null, r_comment varchar(152));
create table nation (n_nationkey int primary key, n_name char(25) not null, n_regionkey int not null references region, n_comment varchar(152));
create table supplier (s_suppkey int primary key, s_name char(25) not null, s_nationkey int not null references nation, s_acctbal numeric(15,2));
create table part (p_partkey int primary key, p_name varchar(55), p_type varchar(25), p_size int, p_retailprice numeric(15,2));
create table partsupp (ps_partkey int references part, ps_suppkey int references supplier, ps_supplycost numeric(15,2),
    primary key (ps_partkey, ps_suppkey));
create table customer (c_custkey int primary key, c_name varchar(25), c_nationkey int references nation, c_mktsegment char(10), c_acctbal numeric(15,2));
create table orders (o_orderkey bigint primary key, o_custkey int not null references customer, o_orderstatus char(1), o_totalprice numeric(15,2),
    o_orderdate date, o_orderpriority char(15), o_comment varchar(79));
create table lineitem (l_orderkey bigint references orders, l_partkey int references part, l_suppkey int references supplier, l_linenumber int,
    l_quantity numeric(15,2), l_extendedprice numeric(15,2), l_discount numeric(15,2), l_returnflag char(1), l_shipdate date, l_commitdate date,
    l_receiptdate date, primary key (l_orderkey, l_linenumber));
insert into region select i, (array['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'])[i + 1], 'c' from generate_series(0, 4) i;
insert into nation select i, 'NATION ' || i, i % 5, 'n' from generate_series(0, 24) i;
insert into supplier select i, 'Supplier#' || i, i % 25, i * 7 % 10000 from generate_series(1, 200) i;
insert into part select i, 'part ' || i, (array['ECONOMY BRASS', 'STANDARD STEEL', 'PROMO BRASS', 'SMALL TIN'])[1 + i % 4], 1 + i * 7 % 50, 900 + i % 1000
    from generate_series(1, 3000) i;
insert into partsupp select i, 1 + (i + j * 53) % 200, i % 1000 from generate_series(1, 3000) i, generate_series(0, 3) j;
insert into customer select i, 'Customer#' || lpad(i::text, 9, '0'), i * i % 25, (array['BUILDING', 'AUTOMOBILE', 'MACHINERY', 'HOUSEHOLD', 'FURNITURE'])[1 + i % 5],
    i % 9999 from generate_series(1, 3000) i;
insert into orders select i, 1 + (i::bigint * i % 2000), case when i % 10 = 0 then 'P' when i % 2 = 0 then 'O' else 'F' end, i % 50000,
    date '1992-01-01' + (i % 2400), (array['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW', '5-LOW'])[1 + i % 6], 'comment ' || i % 700
    from generate_series(1, 25000) i;
insert into lineitem select o, 1 + (o * 7 + l * 13) % 3000, 1 + (o + l) % 200, l, 1 + (o * l) % 50, (o * l) % 90000, (o % 11) / 100.0,
    (array['A', 'N', 'R'])[1 + (o % 3)::int], date '1992-01-01' + ((o + l * 3) % 2500)::int, date '1992-01-10' + ((o + l) % 2500)::int,
    date '1992-01-15' + ((o + l * 5) % 2500)::int
    from generate_series(1, 25000) o, generate_series(1, 5) l where (o + l) % 3 > 0;
create index on orders (o_custkey);
create index on lineitem (l_shipdate) include (l_discount);
create index on lineitem (l_partkey, l_suppkey);
create index on customer (c_name varchar_pattern_ops);
-- Every row is sampled: the ends of histograms are then the ends of indexes, at which the planner of the source looks, too.
set default_statistics_target = 300;
vacuum analyze;
