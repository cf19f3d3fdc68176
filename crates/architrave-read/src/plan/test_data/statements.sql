-- sequential scan
SELECT * FROM orders WHERE status = 'open' AND total > 10;
-- index scan
SELECT * FROM customer WHERE id = 7 AND city <> 'x';
-- index scan backward
SELECT * FROM orders ORDER BY placed DESC LIMIT 3;
-- index-only scan
SELECT count(*) FROM customer WHERE id BETWEEN 5 AND 90;
-- bitmap and, bitmap or
SELECT * FROM orders WHERE (customer_id = 5 OR customer_id = 9) AND placed < '2024-03-01';
-- bitmap and
SELECT count(*) FROM orders WHERE customer_id BETWEEN 5 AND 100 AND placed BETWEEN '2024-02-01' AND '2024-02-20';
-- lossy bitmap of BRIN
SET enable_seqscan = off; SET enable_indexscan = off; SELECT count(*) FROM orders WHERE id BETWEEN 5 AND 4000;
-- tid scan
SELECT * FROM customer WHERE ctid = '(0,3)';
-- tid range scan
SELECT * FROM customer WHERE ctid < '(2,0)';
-- hash join
SELECT o.*, c.name FROM orders o JOIN customer c ON c.id = o.customer_id WHERE o.total > 490;
-- hash left join, aggregate
SELECT c.city, count(o.id) FROM customer c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.city HAVING count(*) > 1 ORDER BY 2 DESC, 1;
-- hash full join
SELECT * FROM customer c FULL JOIN audit a ON a.n = c.id;
-- semi join
SELECT * FROM customer c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.status = 'open');
-- anti join
SELECT * FROM customer c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.status = 'lost');
-- merge join
SET enable_hashjoin = off; SET enable_nestloop = off; SELECT * FROM customer c JOIN orders o ON o.customer_id = c.id AND o.total > c.id;
-- nested loop with memoize
SET enable_hashjoin = off; SET enable_mergejoin = off; SELECT * FROM item i JOIN orders o ON o.id = i.order_id JOIN customer c ON c.id = o.customer_id WHERE i.product < 40;
-- nested loop left join with materialize
SET enable_hashjoin = off; SET enable_mergejoin = off; SELECT * FROM audit a LEFT JOIN measure m ON m.v > a.n AND m.v < a.n + 3 WHERE a.n < 5;
-- cte
WITH x AS MATERIALIZED (SELECT * FROM orders WHERE total < 5), "y -> z" AS MATERIALIZED (SELECT 1 AS one) SELECT * FROM x JOIN x AS x2 USING (id), "y -> z" WHERE x.id > (SELECT avg(id) FROM x);
-- init plans
SELECT * FROM orders WHERE id = (SELECT max(id) FROM orders) OR total = (SELECT min(v) FROM measure);
-- correlated subplan and hashed subplan
SELECT id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) FROM customer c WHERE c.id NOT IN (SELECT n FROM audit);
-- append and setop
SELECT id FROM customer UNION ALL SELECT id FROM orders WHERE id < 10 EXCEPT SELECT n FROM audit;
-- intersect all
SELECT city FROM customer INTERSECT ALL SELECT status FROM orders;
-- union distinct
SELECT city FROM customer UNION SELECT status FROM orders ORDER BY 1;
-- partitions
SELECT count(*) FROM measure WHERE at >= '2024-02-10' AND v > 5;
-- partitions pruned at execution start
PREPARE p AS SELECT * FROM measure WHERE at = $1; SET plan_cache_mode = force_generic_plan; EXECUTE p('2024-02-05');
-- merge append
CREATE INDEX IF NOT EXISTS measure_at ON measure (at); SET enable_sort = off; SET enable_seqscan = off; SELECT * FROM measure ORDER BY at LIMIT 5;
-- parallel
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 1; SET parallel_leader_participation = off; SELECT status, sum(total) FROM orders JOIN customer c ON c.id = customer_id GROUP BY status;
-- parallel sort
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 1; SET parallel_leader_participation = off; SELECT * FROM orders ORDER BY total, id;
-- sort on disk
SET work_mem = '64kB'; SELECT * FROM item ORDER BY quantity DESC NULLS LAST, product;
-- hash in batches
SET work_mem = '64kB'; SELECT * FROM item i JOIN orders o ON o.id = i.order_id;
-- hash aggregate in batches
SET work_mem = '64kB'; SET enable_sort = off; SELECT order_id, count(*) FROM item GROUP BY order_id;
-- top-N heapsort
SELECT * FROM orders ORDER BY total DESC, id LIMIT 5 OFFSET 100;
-- incremental sort
SELECT * FROM orders ORDER BY placed, total LIMIT 50;
-- incremental sort, whole
SET enable_sort = off; SET enable_seqscan = off; SELECT * FROM orders ORDER BY placed, total;
-- window
SELECT id, rank() OVER (PARTITION BY city ORDER BY name), sum(id) OVER w FROM customer WINDOW w AS (ORDER BY id ROWS 3 PRECEDING);
-- window with run condition
SELECT * FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM customer) s WHERE n < 5;
-- grouping sets
SELECT city, name, count(*) FROM customer GROUP BY GROUPING SETS ((city, name), (city), (name), ());
-- grouping sets by sorting
SET enable_hashagg = off; SELECT city, name, count(*) FROM customer GROUP BY CUBE (city, name);
-- rollup of sorted
SELECT city, count(*) FROM customer GROUP BY ROLLUP (city);
-- distinct
SELECT DISTINCT city, note FROM customer;
-- distinct on
SELECT DISTINCT ON (customer_id) * FROM orders ORDER BY customer_id, placed DESC;
-- insert
INSERT INTO audit SELECT id + 5000 FROM customer WHERE id < 20;
-- insert with conflict
INSERT INTO audit SELECT id FROM customer WHERE id < 20 OR id > 990 ON CONFLICT (n) DO UPDATE SET seen = audit.seen + 1 WHERE audit.n <> 3;
-- update with trigger
UPDATE customer SET city = upper(city) WHERE id < 50 RETURNING id, name;
-- delete with foreign key
DELETE FROM customer WHERE id = 2000;
-- update of partitions
UPDATE measure SET v = v + 1 WHERE v < 100;
-- merge into
MERGE INTO audit a USING (SELECT id, total FROM orders WHERE id < 300) o ON o.id = a.n WHEN MATCHED AND a.n < 50 THEN DELETE WHEN MATCHED THEN UPDATE SET seen = o.total WHEN NOT MATCHED THEN INSERT VALUES (o.id, 0);
-- data-modifying cte
WITH gone AS (DELETE FROM audit WHERE n > 190 RETURNING n) SELECT count(*) FROM gone JOIN customer ON id = n;
-- recursive union
WITH RECURSIVE r (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 20) SELECT sum(n) FROM r;
-- function scan
SELECT * FROM generate_series(1, 10) AS g(x) WHERE x > 3;
-- rows from
SELECT * FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a, b', 'c''d'])) AS t (a, b);
-- values scan
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v (n, t) WHERE n > 1;
-- table function scan
SELECT * FROM XMLTABLE('/a/b' PASSING '<a><b>1</b></a>' COLUMNS n int PATH '.');
-- project set
SELECT generate_series(1, 3), n FROM audit LIMIT 4;
-- lock rows
SELECT * FROM customer WHERE id < 4 FOR UPDATE;
-- tablesample
SELECT count(*) FROM orders TABLESAMPLE bernoulli (20) REPEATABLE (7) WHERE total > 3;
-- foreign scan
SELECT * FROM version_file WHERE version <> 'x';
-- result and one-time filter
SELECT * FROM customer WHERE false;
-- one-time filter at run time
SELECT * FROM customer WHERE id < 5 AND current_setting('server_version_num')::int > 5;
-- odd names
SELECT w."a b", w."Key: x" FROM "Odd one"."we -> ird (cost=1)" AS "al (cost=2) ias" JOIN "Odd one"."we -> ird (cost=1)" w USING ("a b") WHERE w."Key: x" = 't5' AND "al (cost=2) ias"."line
break" > 1;
-- odd literals
SELECT * FROM customer WHERE name <> E'a\nb -> c  (cost=0.00..1.00 rows=1 width=1)\nFilter: x' AND note <> E'back\\slash''s "' AND city <> 'Planning Time: 1 ms';
-- order by distance
SELECT id FROM point_of_sale WHERE p <@ box '((0,0),(20,20))' ORDER BY p <-> point '(3,3)' LIMIT 5;
-- subquery scan
SELECT * FROM (SELECT id, total FROM orders ORDER BY total OFFSET 0 LIMIT 100) s WHERE s.id % 2 = 0;
-- never executed
SELECT * FROM audit a JOIN orders o ON o.id = a.n WHERE a.seen = 12345;
-- just-in-time compilation
SET jit = on; SET jit_above_cost = 0; SET jit_inline_above_cost = 0; SET jit_optimize_above_cost = 0; SELECT sum(total) FROM orders;
-- settings
SET work_mem = '3MB'; SET enable_seqscan = off; SET search_path = public, "$user", "a', b"; SELECT 1 FROM audit;
-- disabled node
SET enable_seqscan = off; SELECT * FROM measure_1 m, measure_2 n WHERE m.v = n.v;
-- group by sorted input
SET enable_hashagg = off; SELECT customer_id, array_agg(id ORDER BY placed) FROM orders GROUP BY customer_id;
-- right join, coalesce with commas
SELECT coalesce(a.seen, 0, 1), CASE WHEN c.id > 5 THEN 'a, b' ELSE '(' END FROM audit a RIGHT JOIN customer c ON c.id = a.n;
-- create table as
CREATE TABLE fresh AS SELECT * FROM customer WHERE id < 30;
