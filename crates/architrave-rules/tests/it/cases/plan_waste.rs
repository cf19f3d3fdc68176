//! Cases of the rules on work that is done in vain, each a statement that PostgreSQL executes here.

use super::plan::Filled;
use crate::pages::messages;

async fn said(filled: &mut Filled, rule: &str, statement: &str) -> Vec<String> {
    messages(&filled.said(rule, statement).await)
}

const SHOP: &str = "create table customers (id bigint primary key, country text not null);
insert into customers select g, 'C' || g % 50 from generate_series(1, 4000) g;
create table orders (id bigint primary key, customer_id bigint not null, status text not null, placed_at timestamptz not null);
insert into orders select g, 1 + g % 400, case when g > 29000 then 'open' else 'done' end, timestamptz '2025-01-01 00:00+00' + g * interval '1 hour'
  from generate_series(1, 30000) g;
analyze";

#[tokio::test]
async fn a_with_query_that_hides_its_tables() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    let rule = "plan/cte-blocks-pushdown";
    let expected = ["the WITH query x is computed in full: 1 of 30,000 rows are kept by the condition outside"];
    assert_eq!(said(&mut shop, rule, "with x as materialized (select * from orders) select * from x where id = 17").await, expected);
    for silent in [
        "with x as (select * from orders) select * from x where id = 17",
        "with x as materialized (select * from orders) select * from x where id > 17",
        // Read twice, once in full.
        "with x as (select customer_id, count(*) as n from orders group by 1) select (select sum(n) from x), n from x where customer_id = 17",
        "with recursive x as (select 1 as n union all select n + 1 from x where n < 5000) select * from x where n = 17",
        "with x as (update orders set status = status where id <= 2000 returning *) select * from x where id = 17",
    ] {
        assert_eq!(said(&mut shop, rule, silent).await, Vec::<String>::new(), "{silent}");
    }
}

#[tokio::test]
async fn rows_thrown_away_above_a_window_or_an_outer_join() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    let rule = "plan/late-filter";
    let first =
        "select * from (select o.*, row_number() over (partition by customer_id order by placed_at) as n from orders o) x where n = 1";
    assert_eq!(said(&mut shop, rule, first).await, ["30,000 rows are sorted and numbered before a condition keeps 400 of them"]);
    let joined =
        "select * from orders o left join customers c on c.id = o.customer_id where c.id is null or o.id < 300 and c.country = 'C1'";
    let found = shop.said(rule, joined).await;
    assert!(found.len() == 1 && found[0].message.starts_with("30,000 rows are joined before"), "{found:#?}");
    for silent in [
        "select customer_id from orders group by 1 having count(*) > 1000",
        "select * from orders o left join customers c on c.id = o.customer_id where c.id is null",
        "select * from orders where status = 'open'",
    ] {
        assert_eq!(said(&mut shop, rule, silent).await, Vec::<String>::new(), "{silent}");
    }
}

#[tokio::test]
async fn a_limit_whose_rows_lie_at_the_end() {
    let rows = r#"{"stats": {"tables": [{"name": {"schema": "public", "name": "orders"}, "rows": 30000}]}}"#;
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    shop.knows(rows);
    let rule = "plan/limit-gamble";
    let found = shop.said(rule, "select * from orders where status = 'open' limit 10").await;
    assert_eq!(found.len(), 1);
    assert!(found[0].message.starts_with("LIMIT 10 was to find its rows of public.orders within "), "{}", found[0].message);
    assert!(found[0].message.ends_with("; 29,010 were read"), "{}", found[0].message);
    assert_eq!(found[0].fix.as_ref().unwrap().up, ["create index concurrently orders_status_idx on public.orders (status)"]);
    for silent in
        ["select * from orders where status = 'done' limit 10", "select * from orders where status = 'open' order by placed_at limit 10"]
    {
        assert_eq!(said(&mut shop, rule, silent).await, Vec::<String>::new(), "{silent}");
    }
}

#[tokio::test]
async fn a_branch_that_had_nothing_to_do() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    let rule = "plan/branch-never-executed";
    let statement = "select * from customers c where country = 'none' and exists (select from orders o where o.customer_id = c.id)";
    let found = shop.said(rule, statement).await;
    // Which side of the join is read first is the planner's choice; whichever it is, the other had nothing to do.
    assert!(found.iter().all(|f| f.message.contains(" was never executed")), "{found:#?}");
    assert_eq!(said(&mut shop, rule, "select * from orders where 1 = 0").await, Vec::<String>::new());
    let one_time = "select * from orders o where current_setting('server_version_num')::int = 0";
    let found = shop.said(rule, one_time).await;
    assert!(found.len() == 1 && found[0].why.contains("does not depend on any row was false"), "{found:#?}");
}

#[tokio::test]
async fn partitions_that_no_condition_leaves_out() {
    let script = "create table events (id bigint not null, at date not null, kind text not null) partition by range (at);
create table events_1 partition of events for values from ('2025-01-01') to ('2025-04-01');
create table events_2 partition of events for values from ('2025-04-01') to ('2025-07-01');
create table events_3 partition of events for values from ('2025-07-01') to ('2025-10-01');
create table events_4 partition of events for values from ('2025-10-01') to ('2026-01-01');
insert into events select g, date '2025-01-01' + g % 365, 'k' || g % 500 from generate_series(1, 20000) g;
analyze events";
    let Some(mut log) = Filled::by(script).await else { return };
    let rule = "plan/partition-pruning-absent";
    assert_eq!(
        said(&mut log, rule, "select * from events where date_part('month', at) = 5").await,
        [
            "all 4 partitions of public.events are read: the condition compares date_part('month'::text, (at)::timestamp without time zone), not at itself"
        ]
    );
    assert_eq!(
        said(&mut log, rule, "select * from events where kind = 'k17'").await,
        ["all 4 partitions of public.events are read: no condition names at"]
    );
    for silent in [
        "select * from events where at = '2025-05-17'",
        "select * from events where at >= '2025-01-01' and kind = 'k17'",
        "select count(*) from events",
        "select count(*) from events where kind <> 'k17'",
        // Left out when the statement starts.
        "select * from events where at = (select date '2025-05-17')",
    ] {
        assert_eq!(said(&mut log, rule, silent).await, Vec::<String>::new(), "{silent}");
    }
}

#[tokio::test]
async fn memory_of_look_ups_that_never_come_again() {
    let script = "create table pages (id bigint primary key, title text not null);
insert into pages select g, 'page ' || g from generate_series(1, 20000) g;
create table visits (id bigint primary key, page_id bigint not null);
insert into visits select g, 1 + (g * 7919) % 20000 from generate_series(1, 5000) g;
alter table visits alter column page_id set (n_distinct = 20);
analyze visits;
vacuum (analyze) pages;
set enable_hashjoin = off;
set enable_mergejoin = off";
    let Some(mut site) = Filled::by(script).await else { return };
    let rule = "plan/memoize-misses";
    let statement = "select p.title from visits v join pages p on p.id = v.page_id";
    // With times: the planner charges the store for hits that do not come.
    let plan = site.plan("analyze, buffers, verbose", statement).await;
    if plan.nodes().iter().any(|n| n.kind == "Memoize") {
        assert_eq!(messages(&site.said_of(rule, plan)), ["Memoize answers 0 of 5,000 look-ups from memory (0 %)"]);
    }
    site.run(&["update visits set page_id = 1 + id % 20".to_owned()]).await;
    assert_eq!(said(&mut site, rule, statement).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_forbidden_node_that_nothing_can_replace() {
    let Some(mut shop) = Filled::by(&format!("{SHOP}; set enable_seqscan = off")).await else { return };
    let rule = "plan/disabled-node-chosen";
    let found = shop.said(rule, "select * from orders where status = 'open'").await;
    assert_eq!(
        messages(&found),
        ["Seq Scan on public.orders is in the plan although enable_seqscan = off forbids it: there was no other way"]
    );
    assert_eq!(said(&mut shop, rule, "select * from orders where id = 17").await, Vec::<String>::new());
    shop.run(&found[0].fix.as_ref().unwrap().up).await;
    assert_eq!(said(&mut shop, rule, "select * from orders where status = 'open'").await, Vec::<String>::new());
}

#[tokio::test]
async fn pages_changed_by_reading_and_pages_that_hold_nothing() {
    let width = |column: &str, width: u32| {
        format!(r#"{{"table": {{"schema": "public", "name": "imports"}}, "column": "{column}", "average_width": {width}}}"#)
    };
    let stats = format!(r#"{{"stats": {{"columns": [{}, {}]}}}}"#, width("id", 8), width("payload", 404));
    let script = "create table imports (id bigint primary key, payload text not null) with (autovacuum_enabled = off);
insert into imports select g, repeat('x', 400) from generate_series(1, 25000) g;
-- A commit that is not yet flushed leaves no note in the rows.
checkpoint";
    let Some(mut load) = Filled::by(script).await else { return };
    load.knows(&stats);
    let statement = "select count(*) from imports where payload <> ''";
    let plan = load.analyzed(statement).await;
    let dirtied = plan.root.buffers.shared_dirtied.unwrap_or(0.0);
    let found = load.said_of("plan/select-dirties-blocks", plan);
    // Other databases' commits that are not yet flushed may keep PostgreSQL from noting this one's.
    if dirtied >= 1024.0 {
        assert_eq!(found.len(), 1);
        assert!(found[0].message.ends_with(" pages it reads of public.imports"), "{}", found[0].message);
    }
    load.run(&["vacuum imports".to_owned()]).await;
    let plan = load.analyzed(statement).await;
    // For the same reason VACUUM may have had to leave the rows without notes.
    if plan.root.buffers.shared_dirtied.unwrap_or(0.0) < 1.0 {
        assert_eq!(messages(&load.said_of("plan/select-dirties-blocks", plan)), Vec::<String>::new());
    }
    assert_eq!(said(&mut load, "plan/bloat-suspected", statement).await, Vec::<String>::new());
    load.run(&["delete from imports where id % 20 <> 0".to_owned(), "vacuum imports".to_owned()]).await;
    let found = load.said("plan/bloat-suspected", statement).await;
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains(" for 1,250 rows, "), "{}", found[0].message);
    // A scan that LIMIT cuts short has not seen the table.
    assert_eq!(said(&mut load, "plan/bloat-suspected", "select * from imports where payload <> '' limit 1200").await, Vec::<String>::new());
    load.run(&found[0].fix.as_ref().unwrap().up).await;
    assert_eq!(said(&mut load, "plan/bloat-suspected", statement).await, Vec::<String>::new());
}
