//! Every kind of candidate, and what must not become one.

use super::super::relation::Facts;
use super::super::testing::*;
use super::Pool;
use architrave_model::catalog::Extension;
use architrave_model::workload::{Comparison, Operand, QuerySource, ScanShape, SortItem, Term};

/// Bodies of all candidates.
fn bodies(world: &World, queries: &[Asked]) -> Vec<String> {
    pool(world, queries).all.iter().map(|c| super::body(&c.index)).collect()
}

fn pool<'a>(world: &'a World, queries: &[Asked]) -> Pool<'a> {
    let facts = Facts { catalog: &world.catalog, stats: Some(&world.stats), major: 16 };
    let advised: Vec<_> = queries.iter().map(Asked::advised).collect();
    Pool::of(facts, &advised, 1000)
}

fn orders() -> World {
    let mut world = World::default()
        .table(
            "orders",
            1_000_000.0,
            &[
                ("id", "bigint", -1.0, 0.0, 8),
                ("customerId", "bigint", 50_000.0, 0.0, 8),
                ("status", "text", 5.0, 0.0, 8),
                ("created_at", "timestamp with time zone", -0.9, 0.0, 8),
                ("deleted_at", "timestamp with time zone", -0.05, 0.9, 8),
                ("coupon_id", "bigint", 100.0, 0.95, 8),
                ("paid", "boolean", 2.0, 0.0, 1),
                ("note", "text", -0.8, 0.0, 80),
                ("doc", "jsonb", -1.0, 0.0, 300),
                ("tags", "text[]", -0.5, 0.0, 60),
                ("during", "tstzrange", -0.9, 0.0, 22),
                ("rest", "text", -1.0, 0.0, 100),
            ],
        )
        .primary_key("orders", "id");
    let status = world.column_stats("orders", "status");
    status.most_common_values = Some("{done,failed,open}".into());
    status.most_common_frequencies = Some(vec![0.9, 0.05, 0.01]);
    world.column_stats("orders", "created_at").correlation = Some(0.999);
    let paid = world.column_stats("orders", "paid");
    paid.most_common_values = Some("{t,f}".into());
    paid.most_common_frequencies = Some(vec![0.98, 0.02]);
    world
}

fn one(text: &str, scan: ScanShape) -> Vec<Asked> {
    vec![asked("q", text, vec![scan])]
}

#[test]
fn equality_then_order_with_directions_turned_to_ascending() {
    let shape =
        ScanShape { order_by: vec![descending("created_at")], limited: true, ..scan("orders", vec![equal_parameter("customerId")]) };
    let found = bodies(&orders(), &one("select … where \"customerId\" = $1 order by created_at desc limit 10", shape));
    assert!(found.contains(&"using btree (\"customerId\", created_at)".to_owned()), "{found:?}");
    assert!(found.contains(&"using btree (created_at)".to_owned()), "{found:?}");
}

#[test]
fn mixed_directions_are_kept() {
    let up = SortItem { term: column("status"), descending: false, nulls_first: false };
    let shape = ScanShape { order_by: vec![descending("created_at"), up], ..scan("orders", vec![]) };
    let found = bodies(&orders(), &one("", shape));
    assert!(found.contains(&"using btree (created_at, status desc)".to_owned()), "{found:?}");
}

#[test]
fn more_selective_equality_comes_first_and_a_range_last() {
    let range = condition(column("created_at"), Comparison::Range, ">", Operand::Parameter(3));
    let shape = scan("orders", vec![equal_parameter("status"), range, equal_parameter("customerId")]);
    let found = bodies(&orders(), &one("", shape));
    assert!(found.contains(&"using btree (\"customerId\", status, created_at)".to_owned()), "{found:?}");
    assert!(found.contains(&"using brin (created_at)".to_owned()), "{found:?}");
}

#[test]
fn few_further_columns_are_included() {
    let shape =
        ScanShape { columns: vec!["created_at".into(), "customerId".into()], ..scan("orders", vec![equal_parameter("customerId")]) };
    let found = bodies(&orders(), &one("", shape));
    assert!(found.contains(&"using btree (\"customerId\") include (created_at)".to_owned()), "{found:?}");
    let wide = ScanShape {
        columns: vec!["customerId".into(), "doc".into(), "rest".into()],
        ..scan("orders", vec![equal_parameter("customerId")])
    };
    assert!(!bodies(&orders(), &one("", wide)).iter().any(|b| b.contains("include")));
}

#[test]
fn a_rare_constant_that_is_written_in_the_statement_makes_a_partial_index() {
    let shape = scan("orders", vec![equal("status", "'open'::text"), equal_parameter("customerId")]);
    let found = bodies(&orders(), &one("select * from orders where status = 'open' and \"customerId\" = $1", shape.clone()));
    assert!(found.contains(&"using btree (\"customerId\") where status = 'open'::text".to_owned()), "{found:?}");
    // The same value as a choice of a parameter is none of the statement's.
    let parameter = bodies(&orders(), &one("select * from orders where status = $2 and \"customerId\" = $1", shape));
    assert!(!parameter.iter().any(|b| b.contains("where status")), "{parameter:?}");
}

#[test]
fn letters_of_a_constant_keep_their_case() {
    let shape = scan("orders", vec![equal("status", "'OPEN'::text")]);
    let found = bodies(&orders(), &one("select * from orders where status = 'OPEN'", shape.clone()));
    assert!(found.iter().any(|b| b.ends_with("where status = 'OPEN'::text")), "{found:?}");
    let other_case = bodies(&orders(), &one("select * from orders where status = 'open'", shape));
    assert!(!other_case.iter().any(|b| b.contains("'OPEN'") || b.contains("'open'")), "{other_case:?}");
}

#[test]
fn what_differs_between_choices_of_parameters_is_not_fixed() {
    let mut query = asked("q", "where status = 'open' or status = 'failed'", vec![scan("orders", vec![equal("status", "'open'::text")])]);
    query.shapes.push(architrave_model::workload::QueryShape { scans: vec![scan("orders", vec![equal("status", "'failed'::text")])] });
    let found = bodies(&orders(), &[query]);
    assert!(!found.iter().any(|b| b.contains(" where ")), "{found:?}");
}

#[test]
fn values_of_a_log_stay_out_unless_the_schema_knows_them() {
    let shape = scan("orders", vec![equal("status", "'open'::text")]);
    let mut queries = one("select * from orders where status = 'open'", shape);
    queries[0].query.source = QuerySource::Log { path: "log".into(), line: 1 };
    assert!(!bodies(&orders(), &queries).iter().any(|b| b.contains("'open'")));
    let mut world = orders();
    world.table_mut("orders").columns[2].default = Some("'open'::text".into());
    assert!(bodies(&world, &queries).iter().any(|b| b.contains("'open'")));
}

#[test]
fn common_constants_make_none() {
    let shape = scan("orders", vec![equal("status", "'done'::text")]);
    let found = bodies(&orders(), &one("select * from orders where status = 'done'", shape));
    assert!(!found.iter().any(|b| b.contains(" where ")), "{found:?}");
}

#[test]
fn soft_delete_flags_and_sparse_columns_make_partial_indexes() {
    let alive = condition(column("deleted_at"), Comparison::IsNull, "IS NULL", Operand::None);
    let mut unpaid = condition(column("paid"), Comparison::Boolean, "NOT", Operand::None);
    unpaid.text = "(NOT orders.paid)".into();
    let shape = scan("orders", vec![alive, unpaid, equal_parameter("customerId"), equal_parameter("coupon_id")]);
    let found = bodies(&orders(), &one("", shape));
    for wanted in ["where deleted_at is null", "where not paid", "where (deleted_at is null) and (not paid)", "where coupon_id is not null"]
    {
        assert!(found.iter().any(|b| b.ends_with(wanted)), "{wanted}: {found:?}");
    }
}

#[test]
fn expressions_are_indexed_as_they_stand() {
    let lower = Term::Expression("lower(note)".into());
    let key = Term::Expression("(doc ->> 'color'::text)".into());
    let shape = scan(
        "orders",
        vec![
            condition(lower, Comparison::Equal, "=", Operand::Parameter(1)),
            condition(key, Comparison::Equal, "=", Operand::Parameter(2)),
            condition(Term::Expression("sum(id)".into()), Comparison::Range, ">", Operand::Computed),
        ],
    );
    let found = bodies(&orders(), &one("", shape));
    assert!(found.contains(&"using btree ((lower(note)))".to_owned()), "{found:?}");
    assert!(found.contains(&"using btree (((doc ->> 'color'::text)))".to_owned()), "{found:?}");
    assert!(!found.iter().any(|b| b.contains("sum(")), "{found:?}");
}

#[test]
fn contents_overlaps_and_search_get_their_methods() {
    let with = |name: &str, comparison, operator: &str| condition(column(name), comparison, operator, Operand::Parameter(1));
    let shape = scan(
        "orders",
        vec![
            with("doc", Comparison::Contains, "@>"),
            with("tags", Comparison::Contains, "@>"),
            with("during", Comparison::Overlaps, "&&"),
            condition(
                Term::Expression("to_tsvector('english'::regconfig, note)".into()),
                Comparison::TextSearch,
                "@@",
                Operand::Parameter(2),
            ),
        ],
    );
    let found = bodies(&orders(), &one("", shape));
    for wanted in [
        "using gin (doc jsonb_path_ops)",
        "using gin (doc)",
        "using gin (tags)",
        "using gist (during)",
        "using gin ((to_tsvector('english'::regconfig, note)))",
    ] {
        assert!(found.iter().any(|b| b == wanted), "{wanted}: {found:?}");
    }
    let exists = bodies(&orders(), &one("", scan("orders", vec![with("doc", Comparison::Contains, "?")])));
    assert!(!exists.iter().any(|b| b.contains("jsonb_path_ops")), "the operator ? needs the other class: {exists:?}");
}

#[test]
fn patterns_need_an_extension_which_is_named_when_it_is_missing() {
    let shape = scan("orders", vec![condition(column("note"), Comparison::Pattern, "~~", Operand::Parameter(1))]);
    let queries = one("", shape);
    let world = orders();
    let missing = pool(&world, &queries).missing;
    let first = missing.keys().next().unwrap();
    assert_eq!((first.extension, first.body.as_str()), ("pg_trgm", "using gin (note gin_trgm_ops)"));
    let mut world = orders();
    let pg_trgm =
        Extension { name: "pg_trgm".into(), schema: "extensions".into(), version: "1.6".into(), available_version: None, stub: false };
    world.catalog.extensions.push(pg_trgm);
    let found = bodies(&world, &queries);
    assert!(found.contains(&"using gin (note extensions.gin_trgm_ops)".to_owned()), "{found:?}");
}

#[test]
fn beginnings_and_long_keys() {
    let begins = condition(column("note"), Comparison::Prefix, "~~", Operand::Parameter(1));
    let found = bodies(&orders(), &one("", scan("orders", vec![begins, equal_parameter("rest")])));
    assert!(found.contains(&"using btree (note text_pattern_ops)".to_owned()), "{found:?}");
    assert!(found.contains(&"using hash (rest)".to_owned()), "{found:?}");
}

#[test]
fn what_exists_is_named_and_what_is_no_table_is_left_alone() {
    let world = orders().index("orders", "orders_customer", &["customerId"], 5);
    let cte = ScanShape { table: architrave_model::QualifiedName::new("", "recent"), ..scan("orders", vec![equal_parameter("id")]) };
    let queries = vec![asked("q", "", vec![scan("orders", vec![equal_parameter("customerId")]), cte])];
    let pool = pool(&world, &queries);
    assert!(pool.existing.keys().any(|n| n.name == "orders_customer"));
    assert!(pool.all.iter().all(|c| c.table.name == "orders"));
    assert!(!pool.all.iter().any(|c| super::body(&c.index) == "using btree (\"customerId\")"));
}

#[test]
fn merging_keeps_the_first_ones_keys_in_front() {
    let world = orders();
    let queries = one("", scan("orders", vec![equal_parameter("customerId"), equal_parameter("status")]));
    let pool = pool(&world, &queries);
    let find = |body: &str| pool.all.iter().find(|c| super::body(&c.index) == body).unwrap().index.clone();
    let (a, b) = (find("using btree (\"customerId\")"), find("using btree (status)"));
    let merged: Vec<String> = super::merge::merged(&a, &b, 1.0).iter().map(|p| super::body(&p.index)).collect();
    assert!(merged.contains(&"using btree (\"customerId\", status)".to_owned()), "{merged:?}");
    assert!(merged.contains(&"using btree (status) include (\"customerId\")".to_owned()), "{merged:?}");
    let wide = super::merge::merged(&a, &b, 1.0).remove(0).index;
    assert_eq!(super::body(&super::merge::shrunk(&wide, 1.0)[0].index), "using btree (\"customerId\")");
}
