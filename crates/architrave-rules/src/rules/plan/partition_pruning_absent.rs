//! `plan/partition-pruning-absent`: see `partition_pruning_absent.md` for the rule's page.

use super::expression::{atoms, comparison, wrapped};
use super::tree::{Seat, Tree};
use crate::condition::{self, Token};
use crate::figures::count;
use architrave_model::catalog::{Table, TableKind};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/partition-pruning-absent",
    summary: "every partition is read, although the condition keeps few rows",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("partition_pruning_absent.md"),
    check: Check::Plan(check),
};

/// Partitions from which on reading all of them is worth a word.
const LEAST_PARTITIONS: usize = 4;
/// A condition that keeps more than this of what is read does not need pruning.
const MOST_KEPT: f64 = 0.3;

/// How the condition treats the partition key.
enum Key {
    Wrapped(String),
    Absent,
}

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let appends = tree.seats().iter().filter(|s| matches!(s.node.kind.as_str(), "Append" | "Merge Append") && s.ran());
    let mut found: Vec<_> = appends.filter_map(|s| Some((s, unpruned(&tree, s)?))).collect();
    found.retain(|(s, _)| tree.weight_with_inputs(s).matters());
    found.sort_by(|a, b| tree.weight_with_inputs(b.0).share().total_cmp(&tree.weight_with_inputs(a.0).share()));
    let Some((seat, (table, partitions, key))) = found.first() else { return };
    let Some(partitioning) = &table.partitioning else { return };
    let weight = tree.weight_with_inputs(seat);
    let definition = &partitioning.definition;
    let columns = partitioning.columns.join(", ");
    let (message, reason, severity) = match key {
        Key::Wrapped(sql) => (
            format!("all {partitions} partitions of {} are read: the condition compares {sql}, not {columns} itself", table.name),
            format!(
                "The condition does speak of the key, but as {sql}: PostgreSQL compares conditions with the bounds of partitions only where the column stands bare. \
                 Written as a range of {columns} itself it would leave all but the matching partitions out."
            ),
            weight.severity(),
        ),
        Key::Absent => (
            format!("all {partitions} partitions of {} are read: no condition names {columns}", table.name),
            format!(
                "No condition names {columns}, so no partition can be left out. If the statement knows the range (a date from which on, a tenant), saying it spares most \
                 of the work; if it never does, {} is divided by a column that its statements do not ask for, and each look-up pays once per partition.",
                table.name
            ),
            weight.severity().lowered(),
        ),
    };
    let why = format!("The table {} is divided by {definition}. {reason} The partitions together take {}.", table.name, weight.words());
    let draft = Draft::new(explained.object(), message, why).severity(severity).confidence(weight.confidence());
    let draft = draft
        .evidence("node", tree.path(seat), tree.source())
        .evidence(format!("partitions of {} in the plan", table.name), *partitions, tree.source())
        .evidence("partition key", definition.clone(), "pg_partitioned_table")
        .evidence("the partitions' part of the statement", weight.words(), weight.source());
    sink.report(found.iter().skip(1).fold(draft, |draft, (_, (table, partitions, _))| {
        draft.place(ObjectRef::table(&table.name), Some(format!("{}: {} partitions", table.name, count(*partitions as f64))))
    }));
}

/// The partitioned table all of whose partitions are scanned for few rows, how many they are, and why.
fn unpruned<'a>(tree: &Tree<'a>, append: &Seat<'a>) -> Option<(&'a Table, usize, Key)> {
    if append.node.subplans_removed.is_some_and(|n| n > 0.0) {
        return None;
    }
    let scans: Vec<&Seat<'_>> = tree.inputs(append).map(|input| scan_under(tree, input)).collect::<Option<_>>()?;
    let table = root_of(tree.context.catalog, tree.table(scans.first()?)?)?;
    let same = scans.iter().all(|s| tree.table(s).and_then(|t| root_of(tree.context.catalog, t)).is_some_and(|t| t.name == table.name));
    let ran = scans.iter().filter(|s| s.ran()).count();
    let all = leaves(tree.context.catalog, table);
    if !same || all < LEAST_PARTITIONS || ran < all {
        return None;
    }
    let conditions: Vec<&str> = scans.iter().flat_map(|s| s.conditions()).collect();
    let key = &table.partitioning.as_ref()?.columns;
    if conditions.is_empty() || key.is_empty() || !keeps_few(tree, &scans) {
        return None;
    }
    let speaks = key.iter().any(|column| conditions.iter().any(|c| condition::mentions(c, column)));
    if speaks {
        let alias = scans.first()?.node.alias.as_deref().unwrap_or_default();
        let all = conditions.iter().flat_map(|c| wrapped(c, alias, table));
        let of_key = all.into_iter().find(|w| w.columns.iter().any(|c| key.contains(c)))?;
        // Beside a bare comparison of the key the planner has done what it could.
        if conditions.iter().flat_map(|c| atoms(c)).any(|atom| compares_bare(&atom, key)) {
            return None;
        }
        return Some((table, ran, Key::Wrapped(of_key.sql)));
    }
    // What a join brings is pruned, if at all, per look-up: an Append that is run again and again.
    let joined = tree.ancestors(append).flat_map(Seat::conditions).any(|c| key.iter().any(|column| condition::mentions(c, column)));
    (!joined).then_some((table, ran, Key::Absent))
}

/// Whether one side of the comparison is a column of the key and nothing else.
fn compares_bare(atom: &[Token], key: &[String]) -> bool {
    let bare = |side: &[Token]| condition::plain_column(side).is_some_and(|c| key.iter().any(|k| k == c));
    comparison(atom).is_some_and(|(left, _, right)| bare(left) || bare(right))
}

/// The scan of one partition, with what may stand between it and the Append.
fn scan_under<'t, 'a>(tree: &'t Tree<'a>, seat: &'t Seat<'a>) -> Option<&'t Seat<'a>> {
    let mut seat = seat;
    while !seat.node.is_scan() {
        let mut inputs = tree.inputs(seat);
        let only = inputs.next()?;
        if inputs.next().is_some() {
            return None;
        }
        seat = only;
    }
    Some(seat)
}

/// The uppermost partitioned table above a partition.
fn root_of<'a>(catalog: &'a Catalog, table: &'a Table) -> Option<&'a Table> {
    let mut table = table;
    let mut found = None;
    while table.is_partition {
        table = catalog.table_named(table.parents.first()?)?;
        found = Some(table);
    }
    found
}

/// Partitions that hold rows, below any depth.
fn leaves(catalog: &Catalog, table: &Table) -> usize {
    crate::relations::partitions_of(catalog, table)
        .into_iter()
        .map(|p| if p.kind == TableKind::Partitioned { leaves(catalog, p) } else { 1 })
        .sum()
}

fn keeps_few(tree: &Tree<'_>, scans: &[&Seat<'_>]) -> bool {
    let sum = |figure: &dyn Fn(&Seat<'_>) -> Option<f64>| scans.iter().map(|s| figure(s)).sum::<Option<f64>>();
    // Partitions that answer nothing at all are what pruning is for, through an index as well.
    let idle = scans.iter().filter(|s| s.rows().is_some_and(|n| n < 1.0)).count();
    if tree.is_analyzed() && idle * 2 >= scans.len() {
        return true;
    }
    let kept = if tree.is_analyzed() { sum(&|s| s.rows()) } else { sum(&|s| Some(s.planned_rows())) };
    let read = if tree.is_analyzed() { sum(&|s| Some(s.rows()? + s.rows_dropped())) } else { sum(&|s| tree.table_rows(s)) };
    matches!((kept, read), (Some(kept), Some(read)) if read > 0.0 && kept <= read * MOST_KEPT)
}
