//! Cases of the rules on plans, each a statement that PostgreSQL executes here: rows, blocks and spills are real, times are left out.

use crate::facts::{Facts, read_plan};
use crate::pages::{messages, verdict};
use crate::server::{Made, server};
use architrave_model::finding::{Confidence, Fix};
use architrave_model::plan::Plan;
use architrave_model::settings::{Setting, Settings};
use architrave_model::{Catalog, Finding};
use architrave_sql::split::split;
use tokio_postgres::SimpleQueryMessage;

/// A filled database with the statistics that ANALYZE gathered.
pub(crate) struct Filled {
    made: Made,
    catalog: Catalog,
    facts: Facts,
}

impl Filled {
    /// Runs the script statement by statement (VACUUM stands alone); none without a server.
    pub(crate) async fn by(script: &str) -> Option<Self> {
        Self::with(script, "{}").await
    }

    /// The same with facts laid over the defaults.
    pub(crate) async fn with(script: &str, overlay: &str) -> Option<Self> {
        let server = server().await?;
        let mut made = Made::by(server, "").await;
        let statements: Vec<String> = split(script).iter().map(|s| s.text.clone()).collect();
        made.run(&statements, false).await.unwrap();
        let catalog = made.catalog().await;
        let overlay: serde_json::Value = serde_json::from_str(overlay).unwrap();
        let facts = Facts::new(server.version_num(), Some(&overlay));
        Some(Self { made, catalog, facts })
    }

    /// A setting as the server's settings would tell it.
    pub(crate) fn setting(&mut self, name: &str, value: &str) {
        let setting = Setting { name: name.into(), value: value.into(), ..Setting::default() };
        self.facts.settings = Some(Settings { values: vec![setting], ..Settings::default() });
    }

    /// Rows of a table, as somebody knows them without statistics.
    pub(crate) fn rows(&mut self, table: &str, rows: u64) {
        self.facts.brief.rows.insert(table.to_owned(), rows);
    }

    /// Facts laid over the defaults, as pages write them.
    pub(crate) fn knows(&mut self, overlay: &str) {
        self.facts = Facts::new(self.facts.server.version_num, Some(&serde_json::from_str(overlay).unwrap()));
    }

    /// Runs statements in the same session.
    pub(crate) async fn run(&self, statements: &[String]) {
        self.made.run(statements, false).await.unwrap();
    }

    /// The plan of a statement that was run. Without times: how busy the machine is must not decide what a rule says.
    pub(crate) async fn analyzed(&self, statement: &str) -> Plan {
        self.plan("analyze, buffers, verbose, timing off", statement).await
    }

    /// The plan of a statement, with these options.
    pub(crate) async fn plan(&self, options: &str, statement: &str) -> Plan {
        let answer = self.made.client.simple_query(&format!("explain ({options}, format json) {statement}")).await.unwrap();
        let row = answer.iter().find_map(|m| if let SimpleQueryMessage::Row(row) = m { row.get(0) } else { None });
        read_plan(row.unwrap())
    }

    /// What a rule says about a statement that was run.
    pub(crate) async fn said(&mut self, rule: &str, statement: &str) -> Vec<Finding> {
        let plan = self.analyzed(statement).await;
        self.said_of(rule, plan)
    }

    /// What a rule says about a plan.
    pub(crate) fn said_of(&mut self, rule: &str, plan: Plan) -> Vec<Finding> {
        assert!(architrave_rules::registry::find(rule).is_some(), "no rule {rule}");
        self.facts.explained.clear();
        self.facts.explain(plan, None);
        verdict(rule, &self.catalog, &self.facts)
    }

    /// What a rule says about a statement that was run, once it is known what the statement asks of each table.
    pub(crate) async fn said_shaped(&mut self, rule: &str, statement: &str) -> Vec<Finding> {
        let plan = self.analyzed(statement).await;
        let shape = architrave_sql::plan_shape::shape(&plan, &self.catalog);
        self.facts.explained.clear();
        self.facts.explain(plan, None);
        self.facts.explained.iter_mut().for_each(|e| e.shape = Some(shape.clone()));
        verdict(rule, &self.catalog, &self.facts)
    }
}

/// A shop of 20,000 customers, 100,000 orders and 200,000 order lines. Every tenth city is in the same country; refunded orders are old.
const SHOP: &str = "
    create table customers (id bigint primary key, email text not null, city text not null, country text not null, joined_at timestamptz not null);
    create table orders (id bigint primary key, customer_id bigint not null, status text not null, placed_at timestamptz not null, total_cents bigint not null, note text);
    create table order_items (order_id bigint not null, line int not null, product_id bigint not null, price_cents bigint not null, primary key (order_id, line));
    insert into customers
      select i, 'c' || i || '@example.com', 'city ' || i % 200, 'country ' || i % 200 % 20, '2020-01-01'::timestamptz + i * interval '5 minutes'
      from generate_series(1, 20000) i;
    insert into orders
      select i, 1 + i * 7919 % 20000,
        case when i <= 2000 then 'refunded' when i % 10007 = 0 then 'disputed' when i % 3 = 0 then 'shipped' else 'paid' end,
        '2023-01-01'::timestamptz + i * interval '1 minute', i * 37 % 20000, repeat('x', 20)
      from generate_series(1, 100000::bigint) i;
    insert into order_items select o, l, (o * 31 + l * 17) % 2000, 500 + o * l % 3000 from generate_series(1, 100000::bigint) o, generate_series(1, 2) l;
    create index orders_placed_at_idx on orders (placed_at);
    vacuum analyze customers;
    vacuum analyze orders;
    vacuum analyze order_items;
    set max_parallel_workers_per_gather = 0;
    set jit = off;
";

/// The rule speaks about the statement, once; gives what its fix does.
fn fix_of(found: &[Finding]) -> &Fix {
    let [only] = found else { panic!("one finding: {found:#?}") };
    only.fix.as_ref().unwrap_or_else(|| panic!("a fix: {only:#?}"))
}

fn silent(found: &[Finding]) {
    assert_eq!(messages(found), Vec::<String>::new());
}

#[tokio::test]
async fn an_index_is_what_a_full_read_for_a_few_rows_needs() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    let rule = "plan/sequential-scan-discards-rows";
    let statement = "select * from orders where status = 'disputed' and total_cents > 100";
    let found = shop.said(rule, statement).await;
    assert_eq!(messages(&found), ["public.orders is read in full for 9 of 100,000 rows"]);
    let fix = fix_of(&found).clone();
    assert_eq!(fix.up, ["create index concurrently orders_status_total_cents_idx on public.orders (status, total_cents)"]);
    // What the planner expects is enough to say it, once the rows of the table are known.
    let planned = shop.plan("verbose", statement).await;
    silent(&shop.said_of(rule, planned.clone()));
    shop.rows("public.orders", 100_000);
    let expected = shop.said_of(rule, planned);
    assert!(matches!(expected.as_slice(), [f] if f.confidence == Confidence::Likely && f.message.ends_with("(expected)")), "{expected:#?}");
    shop.run(&fix.up).await;
    silent(&shop.said(rule, statement).await);
    // With the statement resolved, the wanted order becomes part of the index.
    let newest = "select * from orders where status in ('disputed', 'lost') order by total_cents limit 20";
    shop.run(&fix.down).await;
    let found = shop.said_shaped(rule, newest).await;
    assert_eq!(fix_of(&found).up, ["create index concurrently orders_status_total_cents_idx on public.orders (status, total_cents)"]);
    // A third of the rows, all over the table: no index would help.
    silent(&shop.said(rule, "select * from orders where status = 'shipped' and total_cents > 100").await);
    // A small table may be read.
    silent(&shop.said(rule, "select * from (select * from orders limit 5000) o where o.status = 'none'").await);
}

#[tokio::test]
async fn an_index_that_finds_too_much_gets_the_filtered_column() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    let rule = "plan/index-scan-discards-rows";
    let statement = "select * from orders where placed_at >= '2023-02-01' and placed_at < '2023-02-11' and status = 'disputed'";
    let found = shop.said(rule, statement).await;
    assert_eq!(messages(&found), ["14,400 rows of public.orders are found through orders_placed_at_idx and 1 kept"]);
    let fix = fix_of(&found).clone();
    assert_eq!(fix.up, ["create index concurrently orders_status_placed_at_idx on public.orders (status, placed_at)"]);
    shop.run(&fix.up).await;
    silent(&shop.said(rule, statement).await);
    silent(
        &shop
            .said(rule, "select * from orders where placed_at >= '2023-02-01' and placed_at < '2023-02-11' and status <> 'disputed'")
            .await,
    );
}

#[tokio::test]
async fn the_memory_that_is_proposed_is_enough() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    shop.run(&[
        "set enable_seqscan = off".into(),
        "create index orders_customer_id_idx on orders (customer_id)".into(),
        "set work_mem = '64kB'".into(),
    ])
    .await;
    shop.setting("work_mem", "64kB");
    let bitmap = "select sum(total_cents) from orders where customer_id between 1 and 4000";
    let lossy = shop.said("plan/bitmap-lossy", bitmap).await;
    shop.run(&fix_of(&lossy).up.clone()).await;
    silent(&shop.said("plan/bitmap-lossy", bitmap).await);
    shop.run(&["set enable_seqscan = on".into()]).await;

    for (rule, statement) in [
        ("plan/sort-on-disk", "select id from orders order by total_cents, id"),
        ("plan/sort-on-disk", "select * from orders order by total_cents, note, customer_id"),
        ("plan/hash-on-disk", "select count(*) from order_items i join orders o on o.id = i.order_id where o.status = 'paid'"),
        ("plan/hash-on-disk", "select count(*), max(o.note) from order_items i join orders o on o.id = i.product_id + i.line"),
        ("plan/hash-on-disk", "select product_id, order_id / 10, count(*), sum(price_cents) from order_items group by 1, 2"),
    ] {
        shop.run(&[
            "set work_mem = '1MB'".into(),
            "set enable_mergejoin = off".into(),
            "set enable_nestloop = off".into(),
            "set enable_sort = off".into(),
        ])
        .await;
        shop.setting("work_mem", "1MB");
        let found = shop.said(rule, statement).await;
        let fix = fix_of(&found).clone();
        assert!(fix.caution.as_ref().is_some_and(|c| c.contains("connections")), "{fix:#?}");
        shop.run(&fix.up).await;
        silent(&shop.said(rule, statement).await);
        shop.run(&fix.down).await;
    }
    shop.run(&["set enable_sort = on".into(), "set work_mem = '1MB'".into()]).await;
    let kept = "with lines as materialized (select order_id, product_id from order_items) select count(*) from lines where product_id > (select avg(product_id) from lines)";
    let found = shop.said("plan/temporary-files", kept).await;
    shop.run(&fix_of(&found).up.clone()).await;
    silent(&shop.said("plan/temporary-files", kept).await);
}

#[tokio::test]
async fn statistics_on_columns_that_hang_together_mend_the_estimate() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    let rule = "plan/rows-misestimated";
    shop.run(&["create index orders_customer_id_idx on orders (customer_id)".into(), "analyze orders".into()]).await;
    let cities: Vec<String> = (0..10).map(|n| format!("'city {}'", 7 + 20 * n)).collect();
    let statement = format!(
        "select o.id from customers c join orders o on o.customer_id = c.id where c.city in ({}) and c.country = 'country 7'",
        cities.join(", ")
    );
    let found = shop.said(rule, &statement).await;
    assert_eq!(messages(&found), ["Seq Scan on public.customers c: 50 rows expected, 1,000 found (20 times off)"]);
    let fix = fix_of(&found).clone();
    assert_eq!(
        fix.up,
        ["create statistics public.customers_city_country_stat on city, country from public.customers", "analyze public.customers"]
    );
    shop.run(&fix.up).await;
    silent(&shop.said(rule, &statement).await);
    // A LIMIT that ends the scan early is no error of the planner.
    silent(
        &shop.said(rule, "select o.id from customers c join orders o on o.customer_id = c.id where c.country = 'country 7' limit 3").await,
    );
}

#[tokio::test]
async fn pages_by_offset() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    let rule = "plan/large-offset";
    let far = "select id from orders order by placed_at, id offset 50000 limit 20";
    let found = shop.said(rule, far).await;
    assert_eq!(messages(&found), ["50,000 rows were computed and skipped to return 20"]);
    assert!(found.iter().all(|f| f.why.contains("where (orders.placed_at, orders.id) > ($1, $2)")), "{found:#?}");
    let planned = shop.plan("costs", far).await;
    assert_eq!(messages(&shop.said_of(rule, planned)), ["about 50,000 rows are computed and skipped to return 20"]);
    silent(&shop.said(rule, "select id from orders order by placed_at, id offset 100 limit 20").await);
    silent(&shop.said(rule, "select id from orders where placed_at > '2023-02-01' order by placed_at, id limit 20").await);
    let first = shop.plan("costs", "select id from orders order by placed_at, id limit 20").await;
    silent(&shop.said_of(rule, first));
}

#[tokio::test]
async fn index_only_scans_need_a_vacuumed_table() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    let rule = "plan/heap-fetches";
    let statement = "select count(*) from orders where customer_id between 1 and 4000";
    shop.run(&[
        "create index orders_customer_id_idx on orders (customer_id)".into(),
        "alter table orders set (autovacuum_enabled = off)".into(),
        "update orders set total_cents = total_cents + 1 where id > 10000".into(),
        "set enable_seqscan = off".into(),
        "set enable_bitmapscan = off".into(),
    ])
    .await;
    let found = shop.said(rule, statement).await;
    let fix = fix_of(&found).clone();
    assert_eq!(
        fix.up,
        [
            "alter table public.orders set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05)",
            "vacuum (analyze) public.orders"
        ]
    );
    // VACUUM leaves rows that another session's snapshot may still see; sessions of other tests come and go.
    let mut left = found;
    for _ in 0..50 {
        shop.run(&fix.up).await;
        left = shop.said(rule, statement).await;
        if left.is_empty() {
            break;
        }
    }
    silent(&left);
}

#[tokio::test]
async fn an_index_walked_for_its_order_past_rows_that_do_not_match() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    let rule = "plan/index-chosen-for-order";
    let statement = "select * from orders where status = 'refunded' order by placed_at desc limit 20";
    let found = shop.said(rule, statement).await;
    assert_eq!(messages(&found), ["orders_placed_at_idx was walked over 98,020 rows to find 20 that match"]);
    silent(&shop.said("plan/index-scan-discards-rows", statement).await);
    let fix = fix_of(&found).clone();
    assert_eq!(fix.up, ["create index concurrently orders_status_placed_at_idx on public.orders (status, placed_at)"]);
    shop.run(&fix.up).await;
    silent(&shop.said(rule, statement).await);
    silent(&shop.said(rule, "select * from orders where status = 'shipped' order by placed_at desc limit 20").await);
}

#[tokio::test]
async fn nested_loops() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    let rule = "plan/nested-loop-many-iterations";
    let dearest = "select c.id, o.id from customers c left join lateral
        (select id from orders where customer_id = c.id order by total_cents desc limit 1) o on true where c.id <= 120";
    let found = shop.said(rule, dearest).await;
    assert_eq!(messages(&found), ["public.orders is read in full 120 times, 100,000 rows each"]);
    let planned = shop.plan("verbose", dearest).await;
    shop.rows("public.orders", 100_000);
    assert_eq!(shop.said_of(rule, planned).len(), 1);
    let fix = fix_of(&found).clone();
    assert_eq!(fix.up, ["create index concurrently orders_customer_id_idx on public.orders (customer_id)"]);
    shop.run(&fix.up).await;
    silent(&shop.said(rule, dearest).await);
    // Many lookups that were planned as many are what a nested loop is for.
    shop.run(&["set enable_hashjoin = off".into(), "set enable_mergejoin = off".into()]).await;
    silent(&shop.said(rule, "select c.id, o.id from customers c join orders o on o.customer_id = c.id where c.id <= 2000").await);
}

#[tokio::test]
async fn conditions_over_two_tables() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    let either = "select o.id from orders o join customers c on c.id = o.customer_id where c.email = 'c99@example.com' or o.note = 'gift'";
    assert_eq!(
        messages(&shop.said("plan/or-across-tables", either).await),
        ["an OR over public.customers and public.orders is checked on 100,000 joined rows and keeps 5"]
    );
    silent(&shop.said("plan/join-filter-discards-rows", either).await);
    silent(
        &shop
            .said(
                "plan/or-across-tables",
                "select o.id from orders o join customers c on c.id = o.customer_id where c.email = 'a' or c.city = 'b'",
            )
            .await,
    );
    let near = "select count(*) from customers a join customers b
        on a.joined_at between b.joined_at - interval '1 hour' and b.joined_at where a.id <= 1000 and b.id <= 1000";
    let found = shop.said("plan/join-filter-discards-rows", near).await;
    assert_eq!(messages(&found), ["Nested Loop compared 1,000,000 pairs of rows and kept 12,922"]);
    silent(&shop.said("plan/or-across-tables", near).await);
    silent(
        &shop
            .said("plan/join-filter-discards-rows", "select count(*) from customers a join customers b using (id) where a.id <= 1000")
            .await,
    );
}

#[tokio::test]
async fn workers() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    let rule = "plan/workers-not-launched";
    let statement = "select count(*) from order_items where price_cents % 7 = 0";
    shop.run(&[
        "set max_parallel_workers_per_gather = 2".into(),
        "set min_parallel_table_scan_size = 0".into(),
        "set parallel_setup_cost = 0".into(),
        "set max_parallel_workers = 0".into(),
    ])
    .await;
    assert_eq!(messages(&shop.said(rule, statement).await), ["0 of 2 parallel workers were started"]);
    let planned = shop.plan("costs", statement).await;
    silent(&shop.said_of(rule, planned));
}
