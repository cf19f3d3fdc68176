//! The plan as a whole: what is dropped and what never is, what hurts, what writes cost, what is said of existing indexes.

use super::input::{AdvisedQuery, Replicas, Write, WriteKind};
use super::testing::*;
use super::{Limits, advise_indexes};
use architrave_model::catalog::{Constraint, ConstraintKind, ForeignKeyAction, MatchType, Policy, PolicyCommand, Reference};
use architrave_model::index_advice::{IndexAction, IndexAdvice};
use architrave_model::name::QualifiedName;

fn world() -> World {
    let columns = [
        ("id", "bigint", -1.0, 0.0, 8),
        ("a", "bigint", -0.5, 0.0, 8),
        ("b", "bigint", -0.5, 0.0, 8),
        ("more", "text", -1.0, 0.0, 2000),
        ("rest", "text", -1.0, 0.0, 2000),
    ];
    World::default().table("t", 1_000_000.0, &columns).counted_for(90.0)
}

/// A query on `a` that nothing helps.
fn idle() -> Asked {
    asked("q", "select", vec![scan("t", vec![equal_parameter("a")])])
}

fn advice(world: &World) -> IndexAdvice {
    let query = idle();
    world.advise(&[query.advised()], None, &mut Synthetic::default().query(100.0, &[]))
}

fn dropped(advice: &IndexAdvice) -> Vec<String> {
    let drops = advice.steps.iter().filter(|s| s.action == IndexAction::Drop);
    drops.filter_map(|s| s.index.as_ref().map(|i| i.name.clone())).collect()
}

fn reason(advice: &IndexAdvice, index: &str) -> String {
    let kept = advice.kept.iter().find(|k| k.index.name == index);
    kept.map_or_else(|| panic!("{index} is not among {:?}", advice.kept), |k| k.reason.clone())
}

#[test]
fn an_index_without_scans_goes_and_says_what_that_rests_on() {
    let advice = advice(&world().index("t", "unused", &["b"], 0));
    assert_eq!(dropped(&advice), ["unused"]);
    let step = &advice.steps[0];
    assert_eq!(step.up, ["drop index concurrently public.unused"]);
    assert_eq!(step.down, ["create index concurrently unused on public.t (b)"]);
    assert_eq!(step.because[0], "no scan in the 90 days since the counters were reset");
    assert_eq!(step.bytes, Some(819_200.0));
}

#[test]
fn an_index_with_scans_stays_although_the_workload_does_not_use_it() {
    let advice = advice(&world().index("t", "used_elsewhere", &["b"], 7));
    assert!(dropped(&advice).is_empty() && advice.kept.is_empty(), "{advice:#?}");
}

#[test]
fn young_counters_prove_nothing() {
    let advice = advice(&world().index("t", "unused", &["b"], 0).counted_for(3.0));
    assert!(dropped(&advice).is_empty());
    assert!(reason(&advice, "unused").contains("only 3 days old"));
}

#[test]
fn counters_that_were_never_reset_are_as_old_as_the_oldest_event_among_them() {
    let mut world = world().index("t", "unused", &["b"], 0);
    world.stats.database = None;
    assert!(reason(&advice(&world), "unused").contains("nothing shows that counters are older than 0 days"));
    world.stats.tables[0].last_analyze = Some(world.stats.captured_at - 100.0 * 86_400.0);
    let advice = advice(&world);
    assert_eq!(dropped(&advice), ["unused"]);
    assert_eq!(advice.steps[0].because[0], "no scan in the 100 days or more that counters are old");
}

#[test]
fn what_replicas_may_use_stays() {
    let world = world().index("t", "unused", &["b"], 0);
    let query = idle();
    let queries = [query.advised()];
    let mut input = world.input(&queries, None);
    input.replicas = Replicas::NotCounted;
    let mut oracle = Synthetic::default().query(100.0, &[]);
    let advice = advise_indexes(&input, &mut oracle, Limits { expired: &|| false, candidates: 100 }).unwrap();
    assert!(dropped(&advice).is_empty());
    assert_eq!(reason(&advice, "unused"), "unknown: replicas' statistics not given; it may be used there");
}

#[test]
fn a_last_scan_long_ago_counts_as_none() {
    let mut world = world().index("t", "old", &["b"], 1000);
    world.stats.indexes[0].last_scan = Some(world.stats.captured_at - 200.0 * 86_400.0);
    let advice = advice(&world);
    assert_eq!(dropped(&advice), ["old"]);
    assert_eq!(advice.steps[0].because[0], "last scanned 200 days ago");
}

#[test]
fn of_two_same_indexes_one_goes_even_when_used() {
    let advice = advice(&world().index("t", "first", &["b"], 9).index("t", "second", &["b"], 9));
    assert_eq!(dropped(&advice), ["first"]);
    assert_eq!(advice.steps[0].because[0], "second is the same index");
}

#[test]
fn a_prefix_of_another_goes() {
    let advice = advice(&world().index("t", "narrow", &["b"], 9).index("t", "wide", &["b", "a"], 9));
    assert_eq!(dropped(&advice), ["narrow"]);
}

#[test]
fn constraints_keep_their_indexes() {
    let mut world = world().primary_key("t", "id").index("t", "unique_b", &["b"], 0).index("t", "exclusion", &["more"], 0);
    let table = world.table_mut("t");
    table.indexes.iter_mut().find(|i| i.name == "unique_b").unwrap().unique = true;
    table.indexes.iter_mut().find(|i| i.name == "exclusion").unwrap().exclusion = true;
    assert!(dropped(&advice(&world)).is_empty());
}

#[test]
fn replica_identity_and_cluster_keep_theirs() {
    let mut world = world().index("t", "identity", &["b"], 0).index("t", "clustered", &["more"], 0);
    let table = world.table_mut("t");
    table.indexes.iter_mut().find(|i| i.name == "identity").unwrap().replica_identity = true;
    table.indexes.iter_mut().find(|i| i.name == "clustered").unwrap().clustered = true;
    let advice = advice(&world);
    assert!(dropped(&advice).is_empty());
    assert_eq!(reason(&advice, "identity"), "it is the table's replica identity");
    assert!(reason(&advice, "clustered").contains("CLUSTER"));
}

#[test]
fn attached_partitions_keep_theirs() {
    let mut world = world().index("t", "part", &["b"], 0);
    world.table_mut("t").indexes[0].parent = Some(QualifiedName::new("public", "whole"));
    assert!(dropped(&advice(&world)).is_empty());
}

#[test]
fn the_check_of_a_foreign_key_keeps_its_index_unless_another_does_it() {
    let mut world = world().index("t", "by_b", &["b"], 0);
    let reference = Reference {
        table: QualifiedName::new("public", "u"),
        columns: vec!["id".into()],
        on_update: ForeignKeyAction::NoAction,
        on_delete: ForeignKeyAction::Cascade,
        match_type: MatchType::Simple,
    };
    let mut key = Constraint::plain("t_b_fkey", ConstraintKind::ForeignKey, &["b"]);
    key.references = Some(reference);
    world.table_mut("t").constraints.push(key);
    let alone = advice(&world);
    assert!(dropped(&alone).is_empty());
    assert!(reason(&alone, "by_b").contains("t_b_fkey"));
    let both = advice(&world.index("t", "by_b_too", &["b", "a"], 5));
    assert_eq!(dropped(&both), ["by_b"]);
}

#[test]
fn a_policys_column_keeps_its_index() {
    let mut world = world().index("t", "by_b", &["b"], 0);
    world.table_mut("t").policies.push(Policy {
        name: "own rows".into(),
        command: PolicyCommand::All,
        permissive: true,
        roles: vec!["PUBLIC".into()],
        using: Some("(b = (current_setting('app.b'::text))::bigint)".into()),
        with_check: None,
        comment: None,
    });
    let advice = advice(&world);
    assert!(dropped(&advice).is_empty());
    assert!(reason(&advice, "by_b").contains("row level security"), "{:?}", advice.kept);
}

#[test]
fn without_scans_but_wanted_by_the_workload_it_stays() {
    let world = world().index("t", "by_a", &["a"], 0);
    let query = idle();
    let mut oracle = Synthetic::default().query(100.0, &[(&["t using btree (a)"], 10.0)]);
    let advice = world.advise(&[query.advised()], None, &mut oracle);
    assert!(dropped(&advice).is_empty());
    assert!(reason(&advice, "by_a").contains("query q"), "{:?}", advice.kept);
    assert_eq!(advice.serving[0].index.name, "by_a");
    assert!(advice.steps.is_empty(), "what serves is named, nothing new is made: {:?}", advice.steps);
}

#[test]
fn a_new_index_takes_the_place_of_its_prefix() {
    let world = world().index("t", "by_a", &["a"], 9);
    let query = asked("q", "", vec![scan("t", vec![equal_parameter("a"), equal_parameter("b")])]);
    let configurations: &[(&[&'static str], f64)] =
        &[(&["t using btree (a)"], 500.0), (&["t using btree (a, b)"], 5.0), (&["t using btree (b, a)"], 5.0)];
    let mut oracle = Synthetic::default().query(1000.0, configurations);
    let advice = world.advise(&[query.advised()], None, &mut oracle);
    let step = &advice.steps[0];
    assert_eq!((step.action, step.replaces.as_slice()), (IndexAction::Replace, &["by_a".to_owned()][..]), "{advice:#?}");
    assert_eq!(step.up, ["create index concurrently t_a_b_idx on public.t (a, b)", "drop index concurrently public.by_a"]);
    assert_eq!(step.down, ["create index concurrently by_a on public.t (a)", "drop index concurrently public.t_a_b_idx"]);
    assert_eq!(advice.steps.len(), 1);
}

#[test]
fn what_makes_a_query_much_dearer_is_withheld_with_its_name() {
    let world = world();
    let gains = asked("gains", "", vec![scan("t", vec![equal_parameter("a")])]);
    let loses = asked("loses", "", vec![scan("t", vec![equal_parameter("a"), equal_parameter("b")])]);
    let mut oracle = Synthetic::default().query(1000.0, &[(&["t using btree (a)"], 10.0)]).query(100.0, &[]);
    oracle.harm.push((1, "t using btree (a)", 1.3));
    let advice = world.advise(&[gains.advised(), loses.advised()], None, &mut oracle);
    let held = advice.withheld.iter().find(|w| w.create.contains("(a)")).unwrap();
    assert_eq!(held.reason, "query loses would become 30 % dearer");
    assert!(advice.queries.iter().all(|q| q.after <= q.before * 1.15), "{advice:#?}");
}

#[test]
fn writes_of_the_workload_weigh_against_an_index_and_counters_do_not() {
    let mut world = world();
    // A bulk load long before the statements were counted.
    world.stats.tables[0].inserted = 50_000_000;
    let query = idle();
    let mut insert = asked("i", "insert into t values ($1)", vec![]);
    let oracle = || Synthetic::default().query(1000.0, &[(&["t using btree (a)"], 900.0)]).query(0.01, &[]);
    let write = Write { table: QualifiedName::new("public", "t"), kind: WriteKind::Insert, columns: Vec::new(), rows: 1.0 };
    let few = [query.advised(), AdvisedQuery { writes: vec![write.clone()], ..insert.advised() }];
    let advice = world.advise(&few, None, &mut oracle());
    assert_eq!(advice.steps.len(), 1, "{advice:#?}");
    assert!(advice.steps[0].upkeep.weighed);
    assert_eq!(advice.steps[0].hurts[0].query, "i");
    insert.query.calls = 100_000.0;
    let many = [query.advised(), AdvisedQuery { writes: vec![write], ..insert.advised() }];
    let advice = world.advise(&many, None, &mut oracle());
    assert!(advice.steps.is_empty(), "a hundred thousand rows written for a tenth of one query: {advice:#?}");
}

#[test]
fn counted_writes_that_no_statement_explains_are_said() {
    let mut world = world();
    world.stats.tables[0].inserted = 5;
    let other = world.table("u", 10.0, &[("id", "bigint", -1.0, 0.0, 8)]);
    let query = idle();
    let write = Write { table: QualifiedName::new("public", "u"), kind: WriteKind::Insert, columns: Vec::new(), rows: 1.0 };
    let queries = [AdvisedQuery { writes: vec![write], ..query.advised() }];
    let advice = other.advise(&queries, None, &mut Synthetic::default().query(100.0, &[]));
    assert_eq!(advice.unknowns, ["writes to public.t were counted, but by no statement of the workload: not weighed"]);
}

#[test]
fn heap_only_updates_that_would_be_lost_are_counted_and_cautioned() {
    let world = world();
    let read = idle();
    let mut update = asked("u", "update t set a = $1", vec![]);
    update.query.calls = 100.0;
    let writes = vec![Write { table: QualifiedName::new("public", "t"), kind: WriteKind::Update, columns: vec!["a".into()], rows: 1.0 }];
    let queries = [read.advised(), AdvisedQuery { writes, ..update.advised() }];
    let mut oracle = Synthetic::default().query(100_000.0, &[(&["t using btree (a)"], 1.0)]).query(0.01, &[]);
    let advice = world.advise(&queries, None, &mut oracle);
    let step = &advice.steps[0];
    assert!((step.upkeep.hot_updates_lost - 50.0).abs() < 1e-9, "{:?}", step.upkeep);
    assert_eq!(step.hurts[0].query, "u");
    assert!(step.cautions.iter().any(|c| c.starts_with("query u becomes")), "{:?}", step.cautions);
}

#[test]
fn reasons_say_what_the_index_is_used_for() {
    let world = world();
    let mut query = idle();
    query.shapes[0].scans[0].order_by = vec![descending("b")];
    query.shapes[0].scans[0].limited = true;
    let mut oracle = Synthetic::default().query(1000.0, &[(&["t using btree (a, b)"], 3.0)]);
    let advice = world.advise(&[query.advised()], None, &mut oracle);
    assert_eq!(advice.steps[0].because, ["a b-tree: a is compared with =; b is ordered by with LIMIT"]);
    assert_eq!(advice.steps[0].helps[0].query, "q");
}

#[test]
fn a_partitioned_table_gets_its_index_partition_by_partition() {
    let mut world = world().table("t_1", 500_000.0, &[("a", "bigint", -0.5, 0.0, 8)]);
    world.table_mut("t").kind = architrave_model::catalog::TableKind::Partitioned;
    world.table_mut("t").partitioning = Some(architrave_model::catalog::Partitioning {
        strategy: "RANGE".into(),
        columns: vec!["id".into()],
        definition: "RANGE (id)".into(),
    });
    let part = world.table_mut("t_1");
    (part.is_partition, part.parents) = (true, vec![QualifiedName::new("public", "t")]);
    let query = idle();
    let mut oracle = Synthetic::default().query(1000.0, &[(&["t using btree (a)"], 1.0)]);
    let advice = world.advise(&[query.advised()], None, &mut oracle);
    assert_eq!(
        advice.steps[0].up,
        [
            "create index t_a_idx on only public.t (a)",
            "create index concurrently t_1_a_idx on public.t_1 (a)",
            "alter index public.t_a_idx attach partition public.t_1_a_idx"
        ]
    );
}

#[test]
fn no_value_of_the_statistics_reaches_the_advice() {
    let mut world = world().index("t", "unused", &["b"], 0);
    let stats = world.column_stats("t", "a");
    stats.most_common_values = Some("{4711,secret}".into());
    stats.most_common_frequencies = Some(vec![0.01, 0.01]);
    let query = asked("q", "select * from t where a = $1", vec![scan("t", vec![equal("a", "'4711'::bigint")])]);
    let mut oracle = Synthetic::default().query(1000.0, &[(&["t using btree (a)"], 1.0)]);
    let advice = world.advise(&[query.advised()], None, &mut oracle);
    let text = format!("{advice:?}");
    assert!(!text.contains("4711") && !text.contains("secret"), "{text}");
}
