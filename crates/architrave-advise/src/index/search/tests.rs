//! The search over planners whose every answer is known.

use super::super::testing::*;
use architrave_model::index_advice::SearchEnd;
use std::cell::Cell;

const A: &str = "t using btree (a)";
const B: &str = "t using btree (b)";
const C: &str = "t using btree (c)";

fn world() -> World {
    let columns: Vec<(&str, &str, f64, f64, i32)> = vec![
        ("a", "bigint", -1.0, 0.0, 8),
        ("b", "bigint", -1.0, 0.0, 8),
        ("c", "bigint", 40.0, 0.0, 8),
        ("id", "bigint", -1.0, 0.0, 8),
        ("more", "text", -1.0, 0.0, 2000),
        ("rest", "text", -1.0, 0.0, 2000),
    ];
    World::default().table("t", 1_000_000.0, &columns)
}

fn queries() -> Vec<Asked> {
    let on = |columns: &[&str]| vec![scan("t", columns.iter().map(|c| equal_parameter(c)).collect())];
    vec![asked("pair", "", on(&["a", "b"])), asked("cheap", "", on(&["c"])), asked("other", "", on(&["a"]))]
}

/// `a` and `b` take 21.5 MiB each and only pay together; `c` takes 7 MiB (few values) and pays more per byte.
fn planner() -> Synthetic {
    Synthetic::default().query(1000.0, &[(&[A, B], 100.0)]).query(400.0, &[(&[C], 100.0)]).query(10.0, &[(&[A], 9.0)])
}

fn created(advice: &architrave_model::index_advice::IndexAdvice) -> Vec<String> {
    let mut names: Vec<String> = advice.steps.iter().filter_map(|s| s.index.as_ref().map(|i| i.name.clone())).collect();
    names.sort();
    names
}

#[test]
fn a_pair_that_only_pays_together_wins_over_what_pays_more_per_byte() {
    let (world, queries) = (world(), queries());
    let advised: Vec<_> = queries.iter().map(Asked::advised).collect();
    let advice = world.advise(&advised, Some(45.0 * 1_048_576.0), &mut planner());
    assert_eq!(created(&advice), ["t_a_idx", "t_b_idx"], "{advice:#?}");
    assert!(advice.summary.bytes_created <= 45.0 * 1_048_576.0);
    let with_room = world.advise(&advised, Some(60.0 * 1_048_576.0), &mut planner());
    assert_eq!(created(&with_room), ["t_a_idx", "t_b_idx", "t_c_idx"]);
    assert!((with_room.summary.achieved() - 1.0).abs() < 1e-9);
}

#[test]
fn the_same_input_gives_the_same_advice() {
    let (world, queries) = (world(), queries());
    let advised: Vec<_> = queries.iter().map(Asked::advised).collect();
    let first = world.advise(&advised, None, &mut planner());
    // A limit that is not reached changes nothing.
    let calls = Cell::new(0_u32);
    let late = || {
        calls.set(calls.get() + 1);
        calls.get() > 1_000_000
    };
    let second = world.advise_until(&advised, None, &mut planner(), &late);
    assert_eq!(first, second);
    assert_eq!(first.search.end, SearchEnd::Finished);
}

#[test]
fn when_time_is_up_at_once_the_advice_is_empty_and_says_so() {
    let (world, queries) = (world(), queries());
    let advised: Vec<_> = queries.iter().map(Asked::advised).collect();
    let mut planner = planner();
    let advice = world.advise_until(&advised, None, &mut planner, &|| true);
    assert_eq!(advice.search.end, SearchEnd::TimeUp);
    assert!(advice.steps.is_empty() && planner.requests <= 6, "{} requests", planner.requests);
}

#[test]
fn time_that_runs_out_on_the_way_leaves_the_best_until_then() {
    let (world, queries) = (world(), queries());
    let advised: Vec<_> = queries.iter().map(Asked::advised).collect();
    let calls = Cell::new(0_u32);
    let soon = || {
        calls.set(calls.get() + 1);
        calls.get() > 8
    };
    let advice = world.advise_until(&advised, None, &mut planner(), &soon);
    assert_eq!(advice.search.end, SearchEnd::TimeUp);
    assert!(advice.summary.cost_after < advice.summary.cost_before, "{advice:#?}");
}

#[test]
fn what_follows_from_earlier_plans_is_not_planned_again() {
    let (world, queries) = (world(), queries());
    let advised: Vec<_> = queries.iter().map(Asked::advised).collect();
    let advice = world.advise(&advised, None, &mut planner());
    assert!(advice.search.asked > 2 * advice.search.planned, "{:?}", advice.search);
}

#[test]
fn many_small_queries_all_get_their_indexes() {
    // Each is a thirtieth of the workload: no single index saves a tenth of it.
    let names: Vec<String> = (0..30).map(|n| format!("c{n}")).collect();
    let mut columns: Vec<(&str, &str, f64, f64, i32)> = names.iter().map(|n| (n.as_str(), "bigint", -1.0, 0.0, 8)).collect();
    columns.extend([("id", "bigint", -1.0, 0.0, 8), ("more", "text", -1.0, 0.0, 2000), ("rest", "text", -1.0, 0.0, 2000)]);
    let world = World::default().table("t", 1_000_000.0, &columns);
    let queries: Vec<Asked> = names.iter().map(|n| asked(n, "", vec![scan("t", vec![equal_parameter(n)])])).collect();
    let advised: Vec<_> = queries.iter().map(Asked::advised).collect();
    let mut planner = Synthetic::default();
    for name in &names {
        let body: &'static str = Box::leak(format!("t using btree ({name})").into_boxed_str());
        planner = planner.query(1000.0, &[(&[body], 10.0)]);
    }
    let advice = world.advise(&advised, None, &mut planner);
    assert_eq!(created(&advice).len(), 30);
}
