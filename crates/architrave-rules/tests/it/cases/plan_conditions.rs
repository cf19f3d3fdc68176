//! Cases of the rules on conditions that no index serves, each a statement that PostgreSQL executes here.

use super::plan::Filled;
use crate::pages::messages;

const SHOP: &str = "create type priority as enum ('low', 'high');
create table customers (id bigint primary key, email text not null, code varchar(20) not null, level priority not null, doc jsonb not null);
insert into customers select g, 'User' || g || '@example.com', 'C' || g, 'low', jsonb_build_object('key', 'k' || g) from generate_series(1, 4000) g;
create index customers_code_idx on customers (code);
create table orders (id bigint primary key, customer_id bigint not null, country char(2) not null, placed_at timestamptz not null);
insert into orders select g, 1 + g % 400, 'DE', timestamptz '2025-01-01 00:00+00' + g * interval '1 hour' from generate_series(1, 20000) g;
create index orders_placed_at_idx on orders (placed_at);
create index orders_country_idx on orders (country);
analyze";

async fn said(filled: &mut Filled, rule: &str, statement: &str) -> Vec<String> {
    messages(&filled.said(rule, statement).await)
}

#[tokio::test]
async fn a_column_converted_in_a_condition_is_told_from_a_label() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    let rule = "plan/implicit-cast";
    for (statement, expected) in [
        (
            "select * from orders where id = 4711.0",
            Some("public.orders.id is converted from bigint to numeric row by row: the index orders_pkey is left unused"),
        ),
        (
            "select * from orders o where o.placed_at::date = '2025-02-03'",
            Some(
                "public.orders.placed_at is converted from timestamp with time zone to date row by row: the index orders_placed_at_idx is left unused",
            ),
        ),
        (
            "select * from orders where country = 'FR'::text",
            Some("public.orders.country is converted from character to text row by row: the index orders_country_idx is left unused"),
        ),
        ("select * from orders where id = 4711", None),
        ("select * from customers where code = 'C17'::text and email <> ''", None),
        // No index on the column: nothing is left unused.
        ("select * from orders where customer_id = 17.0", None),
        // Nearly all rows stay.
        ("select * from orders where id > 17.0", None),
        // A join brings the value; the condition is not the scan's.
        ("select * from orders o join customers c on c.id = o.customer_id::numeric", None),
    ] {
        assert_eq!(said(&mut shop, rule, statement).await, expected.into_iter().collect::<Vec<_>>(), "{statement}");
    }
}

#[tokio::test]
async fn an_expression_over_a_column_names_its_index_where_one_may_hold_it() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    let rule = "plan/function-wrapped-column";
    for (statement, key) in [
        ("select * from customers where lower(email) = 'user17@example.com'", Some("(lower(email))")),
        ("select * from customers c where c.doc ->> 'key' = 'k17'", Some("((doc ->> 'key'::text))")),
        ("select * from orders where customer_id + 1 = 17", Some("((customer_id + 1))")),
        // Depends on the session's time zone: an index is refused, and one on the column is there.
        ("select * from orders where date_trunc('day', placed_at) = '2025-02-03'", None),
        // The output of an enum is not immutable, as labels may be renamed.
        ("select * from customers where level::text = 'high'", None),
    ] {
        let found = shop.said(rule, statement).await;
        assert_eq!(found.len(), 1, "{statement}");
        let ups = found[0].fix.as_ref().map(|f| f.up[0].clone());
        assert_eq!(ups.as_ref().and_then(|up| up.split_once(" on ")?.1.split_once(' ')).map(|(_, key)| key), key, "{statement}");
    }
    for statement in [
        "select * from customers where email = 'x'",
        "select * from customers where lower(email) <> 'x'",
        "select * from customers where code = 'C17'::text",
        "select count(*) from customers where lower(email) > ''",
    ] {
        assert_eq!(said(&mut shop, rule, statement).await, Vec::<String>::new(), "{statement}");
    }
    // The index that was proposed serves, and the rule is silent.
    let statement = "select * from customers where lower(email) = 'user17@example.com'";
    let fix = shop.said(rule, statement).await.remove(0).fix.unwrap();
    shop.run(&fix.up).await;
    assert_eq!(said(&mut shop, rule, statement).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_function_without_the_row_in_its_arguments_need_run_once_only() {
    let script = format!(
        "{SHOP};
        create function wanted() returns text language plpgsql stable as $$ begin return 'User17@example.com'; end $$;
        create function is_wanted(text) returns boolean language plpgsql as $$ begin return $1 = 'User17@example.com'; end $$;"
    );
    let Some(mut shop) = Filled::by(&script).await else { return };
    let rule = "plan/function-per-row";
    let found = shop.said(rule, "select * from customers where email = wanted()").await;
    assert_eq!(messages(&found), ["public.wanted is called for each of 4,000 rows that Seq Scan on public.customers reads"]);
    assert!(found[0].why.contains("(SELECT public.wanted(…)) it is called once"), "{}", found[0].why);
    let found = shop.said(rule, "select * from customers where is_wanted(email)").await;
    assert_eq!(messages(&found), ["public.is_wanted is called for each of 4,000 rows that Seq Scan on public.customers reads"]);
    assert!(found[0].why.contains("VOLATILE") && !found[0].why.contains("(SELECT"), "{}", found[0].why);
    for statement in
        ["select * from customers where email = (select wanted())", "select * from customers where id < 10 and is_wanted(email)"]
    {
        assert_eq!(said(&mut shop, rule, statement).await, Vec::<String>::new(), "{statement}");
    }
}

#[tokio::test]
async fn a_subquery_per_row_is_told_by_its_runs() {
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    let rule = "plan/subplan-per-row";
    let statement = "select c.id, (select count(*) from orders o where o.customer_id = c.id) from customers c where c.id <= 200";
    let found = shop.said(rule, statement).await;
    assert_eq!(found.len(), 1);
    assert!(found[0].message.starts_with("SubPlan 1 runs 200 times, once per row, and takes "), "{}", found[0].message);
    let fix = found[0].fix.clone().unwrap();
    assert_eq!(fix.up, ["create index concurrently orders_customer_id_idx on public.orders (customer_id)"]);
    for silent in [
        "select c.id, (select count(*) from orders) from customers c",
        "select * from customers c where c.id in (select customer_id from orders)",
        "select * from customers c where c.id not in (select customer_id from orders)",
        "select c.id, (select count(*) from orders o where o.customer_id = c.id) from customers c where c.id <= 20",
    ] {
        assert_eq!(said(&mut shop, rule, silent).await, Vec::<String>::new(), "{silent}");
    }
    shop.run(&fix.up).await;
    assert_eq!(said(&mut shop, rule, statement).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_built_in_guess_is_recognised() {
    let rows = r#"{"stats": {"tables": [{"name": {"schema": "public", "name": "orders"}, "rows": 20000},
        {"name": {"schema": "public", "name": "customers"}, "rows": 4000}]}}"#;
    let Some(mut shop) = Filled::by(SHOP).await else { return };
    shop.knows(rows);
    let rule = "plan/default-selectivity";
    let statement = "select * from orders o join customers c on c.id = o.customer_id where upper(o.country) = 'DE'";
    let found = shop.said(rule, statement).await;
    assert_eq!(
        messages(&found),
        ["the estimate for upper((country)::text) is a guess of 0.5 %: 100 of public.orders expected, 20,000 come"]
    );
    // The same read by several processes, each expected to keep its share.
    shop.run(&["set min_parallel_table_scan_size = 0", "set parallel_setup_cost = 0", "set parallel_tuple_cost = 0"].map(str::to_owned))
        .await;
    let parallel = messages(&shop.said(rule, statement).await);
    assert!(parallel.len() == 1 && parallel[0].ends_with(" of public.orders expected, 20,000 come"), "{parallel:?}");
    shop.run(&["set max_parallel_workers_per_gather = 0".to_owned()]).await;
    for silent in ["select * from orders where country = 'DE'", "select * from orders where placed_at > '2025-02-01'"] {
        assert_eq!(said(&mut shop, rule, silent).await, Vec::<String>::new(), "{silent}");
    }
    // Statistics on expressions came with 14.
    if let Some(fix) = &found[0].fix {
        shop.run(&fix.up).await;
        assert_eq!(said(&mut shop, rule, statement).await, Vec::<String>::new());
    }
}
