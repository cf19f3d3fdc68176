//! `plan/implicit-cast`: see `implicit_cast.md` for the rule's page.

use super::expression::{Wrapped, index_on, is_relabel, wrapped};
use super::tree::{Seat, Tree};
use super::wording::rows;
use crate::figures::{count, percent};
use architrave_model::catalog::{Index, Table};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/implicit-cast",
    summary: "a column is converted to another type in a condition, and its index is left unused",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("implicit_cast.md"),
    check: Check::Plan(check),
};

/// A condition that keeps a tenth or less of the rows is one that an index answers better than reading all of them.
const MOST_KEPT: f64 = 0.1;

struct Cast<'t, 'a> {
    seat: &'t Seat<'a>,
    table: &'a Table,
    index: &'a Index,
    cast: Wrapped,
    to: String,
    from: String,
}

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let mut found: Vec<Cast<'_, '_>> = tree.seats().iter().filter_map(|seat| cast(&tree, seat)).collect();
    found.sort_by(|a, b| tree.weight(b.seat).share().total_cmp(&tree.weight(a.seat).share()));
    let Some(worst) = found.first() else { return };
    let weight = tree.weight(worst.seat);
    let [column] = worst.cast.columns.as_slice() else { return };
    let Cast { table, index, from, to, .. } = worst;
    let message = format!("{}.{column} is converted from {from} to {to} row by row: the index {} is left unused", table.name, index.name);
    let (visited, kept) = visited(&tree, worst.seat);
    let remedy = if worst.cast.is_of_time(table) && to == "date" {
        format!(
            "Written as a range of the column itself (from the day's first moment on, before the next day's: {column} >= '…' AND {column} < '…') the same condition is a \
             short search in {}.",
            index.name
        )
    } else if matches!(to.as_str(), "numeric" | "double precision" | "real") {
        format!(
            "The value that it is compared with has a fraction or was sent as {to} by the driver: send it as {from} ({column} = 42, or $1::{from}), and {} is searched \
             instead.",
            index.name
        )
    } else {
        format!(
            "Convert the value instead of the column ($1::{from}), or send it with the column's own type: then {} is searched.",
            index.name
        )
    };
    let why = format!(
        "The index {} holds the values of {column} as {from}; the condition compares {} with something, so for each of {} the column is converted first, and the index cannot \
         be searched. {} of them stay ({}). Where nobody wrote the cast it comes from the other side: PostgreSQL converts towards the type that can hold \
         both. {remedy}",
        index.name,
        worst.cast.sql,
        rows(visited),
        count(kept),
        percent(kept / visited.max(1.0)),
    );
    let draft = Draft::new(explained.object(), message, why).severity(weight.severity()).confidence(weight.confidence());
    let draft = tree.with_place(draft, worst.seat, weight).evidence("index left unused", index.definition.clone(), "pg_index");
    let draft = draft.evidence(format!("type of {}.{column}", table.name), from.clone(), "pg_attribute");
    sink.report(found.iter().skip(1).fold(draft, |draft, other| {
        let columns = other.cast.columns_in_words();
        draft.place(tree.object(other.seat), Some(format!("{}.{columns} from {} to {}", other.table.name, other.from, other.to)))
    }));
}

/// Whether this rule has something to say about the scan.
pub(super) fn speaks<'a>(tree: &Tree<'a>, seat: &Seat<'a>) -> bool {
    cast(tree, seat).is_some()
}

/// Rows that the scan takes up, and those that it keeps. What an index leaves for the filter is not in a plan that was not run: nothing then.
pub(super) fn visited(tree: &Tree<'_>, seat: &Seat<'_>) -> (f64, f64) {
    match seat.rows() {
        Some(kept) => (kept + seat.in_all(seat.node.rows_removed_by_filter), kept),
        None if seat.node.kind == "Seq Scan" => (tree.table_rows(seat).unwrap_or(seat.node.rows) * seat.runs, seat.planned_rows()),
        None => (0.0, 0.0),
    }
}

/// Whether the filter of a scan throws nearly everything away, and the scan is worth a word.
pub(super) fn throws_away(tree: &Tree<'_>, seat: &Seat<'_>) -> bool {
    let (visited, kept) = visited(tree, seat);
    seat.ran() && visited >= 1000.0 && kept <= visited * MOST_KEPT && tree.weight(seat).matters()
}

fn cast<'t, 'a>(tree: &'t Tree<'a>, seat: &'t Seat<'a>) -> Option<Cast<'t, 'a>> {
    let filter = seat.node.filter.as_deref().filter(|_| seat.node.is_scan())?;
    let table = tree.table(seat)?;
    if !throws_away(tree, seat) {
        return None;
    }
    let alias = seat.node.alias.as_deref().unwrap_or_default();
    wrapped(filter, alias, table).into_iter().find_map(|cast| {
        let to = cast.cast_to.clone()?;
        let [column] = cast.columns.as_slice() else { return None };
        let from = table.column(column)?.base_type();
        let index = index_on(table, column)?;
        (!is_relabel(tree.context.catalog, &from, &to)).then_some(Cast { seat, table, index, cast, to, from })
    })
}
