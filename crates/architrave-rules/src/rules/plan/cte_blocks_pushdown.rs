//! `plan/cte-blocks-pushdown`: see `cte_blocks_pushdown.md` for the rule's page.

use super::tree::{Seat, Tree};
use super::weight::Weight;
use super::wording::rows;
use crate::figures::{count, percent};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/cte-blocks-pushdown",
    summary: "a WITH query is computed in full, and the condition outside keeps little of it",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("cte_blocks_pushdown.md"),
    check: Check::Plan(check),
};

/// Rows below which computing all of them costs nothing to speak of.
const LEAST_ROWS: f64 = 1000.0;
/// A condition that keeps a tenth or less is one that an index could have answered.
const MOST_KEPT: f64 = 0.1;

struct Blocked<'t, 'a> {
    cte: &'t Seat<'a>,
    name: &'a str,
    computed: f64,
    kept: f64,
    scans: usize,
    /// Milliseconds of all its scans: the first of them computes it, all of them read what was kept.
    scan_ms: Option<f64>,
    /// Planner cost of computing and reading it.
    cost: f64,
}

/// Computing, keeping and reading it.
fn weight_of(tree: &Tree<'_>, blocked: &Blocked<'_, '_>) -> Weight {
    tree.weighed(blocked.scan_ms, blocked.cost)
}

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let mut found: Vec<Blocked<'_, '_>> = tree.seats().iter().filter_map(|seat| blocked(&tree, seat)).collect();
    found.retain(|b| weight_of(&tree, b).matters());
    found.sort_by(|a, b| weight_of(&tree, b).share().total_cmp(&weight_of(&tree, a).share()));
    let Some(worst) = found.first() else { return };
    let weight = weight_of(&tree, worst);
    let verb = if tree.is_analyzed() { "are kept" } else { "are expected to be kept" };
    let message = format!(
        "the WITH query {} is computed in full: {} of {} {verb} by the condition outside",
        worst.name,
        count(worst.kept),
        rows(worst.computed)
    );
    let reason = if worst.scans > 1 {
        format!("{} is read {} times, and PostgreSQL inlines only what is read once", worst.name, worst.scans)
    } else {
        "MATERIALIZED, or a volatile function inside, forbids PostgreSQL to inline it".to_owned()
    };
    let remedy = if worst.scans > 1 {
        format!(
            "What the conditions of all its readers have in common belongs inside it; with {} AS NOT MATERIALIZED it is computed once per reader, each time for that reader's \
             condition only, which is worth trying where those are narrow.",
            worst.name
        )
    } else {
        format!("Writing the condition inside the WITH query, or {} AS NOT MATERIALIZED, lets it reach the tables.", worst.name)
    };
    let why = format!(
        "A WITH query that is not inlined is a wall: PostgreSQL computes all of it, keeps the result aside and only then looks at the condition outside, which \
         cannot use an index any more. Here {} are computed and {} of them {verb} ({}). The reason: {reason}. {remedy}",
        rows(worst.computed),
        count(worst.kept),
        percent(worst.kept / worst.computed.max(1.0)),
    );
    // Read several times, computing it once may still be the better way: it has to be tried.
    let (severity, confidence) = if worst.scans > 1 {
        (weight.severity().lowered(), if weight.is_timed() { Confidence::Likely } else { Confidence::Possible })
    } else {
        (weight.severity(), weight.confidence())
    };
    let mut draft = Draft::new(explained.object(), message, why).severity(severity).confidence(confidence);
    draft = draft
        .evidence("node", tree.path(worst.cte), tree.source())
        .evidence("the WITH query's part of the statement", weight.words(), weight.source())
        .evidence("times it is read", worst.scans, tree.source());
    for other in found.iter().skip(1) {
        draft = draft.place(explained.object(), Some(format!("{}: {} of {}", other.name, count(other.kept), rows(other.computed))));
    }
    sink.report(draft);
}

/// The CTE under this seat, when every scan of it throws nearly all of it away.
fn blocked<'t, 'a>(tree: &'t Tree<'a>, cte: &'t Seat<'a>) -> Option<Blocked<'t, 'a>> {
    let name = cte.node.subplan_name.as_deref()?.strip_prefix("CTE ")?;
    // A recursive query has to be complete, and a statement that writes runs in full by definition.
    if cte.node.kind == "Recursive Union" || tree.subtree(cte).iter().any(|s| s.writes()) {
        return None;
    }
    let scans: Vec<&Seat<'_>> = tree.seats().iter().filter(|s| s.node.kind == "CTE Scan" && s.node.cte.as_deref() == Some(name)).collect();
    let of_rows = |s: &Seat<'_>| if tree.is_analyzed() { s.rows().unwrap_or(0.0) } else { s.node.rows };
    let computed = of_rows(cte);
    let kept: f64 = scans.iter().map(|s| of_rows(s)).sum();
    let filtered = !scans.is_empty() && scans.iter().all(|s| s.node.filter.is_some());
    // Once per outer row, it is a look-up table, and worth keeping.
    let once = scans.iter().all(|s| if tree.is_analyzed() { s.node.loops.unwrap_or(1.0) <= 1.0 } else { s.runs <= 1.0 });
    (filtered && once && computed >= LEAST_ROWS && kept <= computed * MOST_KEPT).then_some(Blocked {
        cte,
        name,
        computed,
        kept,
        scans: scans.len(),
        scan_ms: scans.iter().map(|s| s.ms).sum(),
        cost: cte.cost + scans.iter().map(|s| s.cost).sum::<f64>(),
    })
}
