//! Limits of readings made by hand.

use super::{DAY, of};
use architrave_model::catalog::{Column, Sequence, Table};
use architrave_model::stats::{DatabaseStats, Stats, TableStats};
use architrave_model::{QualifiedName, Snapshot};

const NOW: f64 = 1_790_000_000.0;

fn reading(days_ago: f64, last_value: i64, xid_age: i64, commits: i64, bytes: i64) -> Snapshot {
    let orders = QualifiedName::new("public", "orders");
    let id = Column { name: "id".into(), data_type: "integer".into(), ..Column::default() };
    let sequence = Sequence {
        name: QualifiedName::new("public", "orders_id_seq"),
        data_type: "bigint".into(),
        min: 1,
        max: i64::MAX,
        increment: 1,
        last_value: Some(last_value),
        owned_by_table: Some(orders.clone()),
        owned_by_column: Some("id".into()),
        ..Sequence::default()
    };
    let mut snapshot = Snapshot::default();
    snapshot.catalog.tables.push(Table { name: orders.clone(), columns: vec![id], ..Table::default() });
    snapshot.catalog.sequences.push(sequence);
    let database = DatabaseStats { bytes: Some(bytes), commits, stats_reset: Some(NOW - 100.0 * DAY), ..DatabaseStats::default() };
    snapshot.stats = Some(Stats {
        captured_at: NOW - days_ago * DAY,
        tables: vec![TableStats { name: orders, xid_age: Some(xid_age), ..TableStats::default() }],
        database: Some(database),
        ..Stats::default()
    });
    snapshot
}

#[test]
fn two_readings_give_dates() {
    let now = reading(0.0, 2_000_000_000, 150_000_000, 90_000_000, 2000);
    let then = reading(10.0, 1_990_000_000, 140_000_000, 70_000_000, 1000);
    let limits = of(&now, Some(&then));
    let key = &limits.keys[0];
    // The column ends before the 64-bit sequence behind it.
    assert_eq!((key.limit, key.per_day), (2_147_483_647, Some(1_000_000.0)));
    let left = (key.exhausted_at.unwrap() - NOW) / DAY;
    assert!((left - 147.483_647).abs() < 1e-6, "{left}");
    let ids = limits.transaction_ids.as_ref().unwrap();
    assert_eq!((ids.age, ids.per_day_at_least, ids.transactions_per_day), (150_000_000, Some(1_000_000.0), Some(2_000_000.0)));
    let left = (ids.refuses_writes_at.unwrap() - NOW) / DAY;
    assert!((left - 997.241_824).abs() < 1e-3, "{left}");
    assert_eq!(limits.bytes_per_day, Some(100.0));
    assert_eq!(limits.days(), Some(10.0));
}

#[test]
fn one_reading_gives_shares_and_only_the_counters_pace() {
    let limits = of(&reading(0.0, 1_073_741_824, 5, 1_000_000, 1), None);
    let key = &limits.keys[0];
    assert!((key.used - 0.5).abs() < 1e-6);
    assert_eq!((key.per_day, key.exhausted_at, limits.since, limits.bytes_per_day), (None, None, None, None));
    assert_eq!(limits.transaction_ids.unwrap().transactions_per_day, Some(10_000.0));
}

#[test]
fn what_went_back_or_stood_still_has_no_date() {
    let now = reading(0.0, 100, 5, 10, 1);
    assert_eq!(of(&now, Some(&reading(1.0, 200, 9, 10, 1))).keys[0].per_day, None);
    let still = of(&now, Some(&reading(1.0, 100, 9, 10, 1)));
    assert_eq!((still.keys[0].per_day, still.keys[0].exhausted_at), (Some(0.0), None));
    // Counters that were reset in between start over.
    let reset = of(&now, Some(&reading(1.0, 100, 9, 500, 1)));
    assert_eq!(reset.transaction_ids.unwrap().transactions_per_day, Some(0.1));
    // A reading from later is no earlier one.
    assert_eq!(of(&now, Some(&reading(-1.0, 1, 1, 1, 1))).since, None);
}

#[test]
fn sequences_without_end_are_left_out() {
    let mut snapshot = reading(0.0, 5, 5, 5, 5);
    let sequence = &mut snapshot.catalog.sequences[0];
    (sequence.owned_by_table, sequence.owned_by_column) = (None, None);
    assert!(of(&snapshot, None).keys.is_empty());
    snapshot.catalog.sequences[0].max = 10;
    assert_eq!(of(&snapshot, None).keys[0].limit, 10);
    snapshot.catalog.sequences[0].cycle = true;
    assert!(of(&snapshot, None).keys.is_empty());
}

#[test]
fn counting_down_ends_at_the_least_value() {
    let mut now = reading(0.0, -100, 5, 5, 5);
    let mut then = reading(1.0, -90, 5, 5, 5);
    for snapshot in [&mut now, &mut then] {
        let sequence = &mut snapshot.catalog.sequences[0];
        (sequence.increment, sequence.min, sequence.max) = (-1, -200, -1);
        (sequence.owned_by_table, sequence.owned_by_column) = (None, None);
    }
    let limits = of(&now, Some(&then));
    assert_eq!((limits.keys[0].limit, limits.keys[0].per_day), (-200, Some(10.0)));
    assert_eq!(limits.keys[0].exhausted_at, Some(NOW + 10.0 * DAY));
}
