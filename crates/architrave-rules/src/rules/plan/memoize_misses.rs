//! `plan/memoize-misses`: see `memoize_misses.md` for the rule's page.

use super::remedy;
use super::tree::{Seat, Tree};
use super::wording::size;
use crate::figures::{count, percent};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/memoize-misses",
    summary: "a join remembers look-ups that hardly ever come again, or forgets them for lack of memory",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("memoize_misses.md"),
    check: Check::Plan(check),
};

/// Look-ups below which nothing is to be won.
const LEAST_LOOKUPS: f64 = 1000.0;
/// Where fewer than a tenth are hits, remembering costs about what it saves: a look-up in memory and an entry for each miss.
const MOST_HITS: f64 = 0.1;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let mut found: Vec<&Seat<'_>> = tree.seats().iter().filter(|s| is_useless(s)).collect();
    found.retain(|s| tree.weight_with_inputs(s).matters());
    found.sort_by(|a, b| tree.weight_with_inputs(b).share().total_cmp(&tree.weight_with_inputs(a).share()));
    let Some(worst) = found.first() else { return };
    let node = worst.node;
    let (hits, misses) = (node.cache_hits.unwrap_or(0.0), node.cache_misses.unwrap_or(0.0));
    let lost = node.cache_evictions.unwrap_or(0.0) + node.cache_overflows.unwrap_or(0.0);
    let lookups = hits + misses;
    let memory = tree.work_mem() * tree.hash_factor();
    let weight = tree.weight_with_inputs(worst);
    let share = percent(hits / lookups.max(1.0));
    let message = format!("Memoize answers {} of {} look-ups from memory ({share})", count(hits), count(lookups));
    let key = node.cache_key.as_deref().unwrap_or("the join key");
    let expected = tree.parent(worst).and_then(|p| tree.inputs(p).next()).map_or(0.0, |outer| outer.node.rows);
    let cause = if lost > 0.0 {
        format!(
            "{} answers had to be dropped again for lack of memory ({}, work_mem times hash_mem_multiplier) before they were asked for: there are more distinct values \
             than fit.",
            count(lost),
            size(memory)
        )
    } else {
        "Nearly every value comes once only.".to_owned()
    };
    let why = format!(
        "Memoize stands between the two sides of a nested loop and remembers, per value of {key}, what the inner side answered. The planner put it there because it \
         believed that the same values come again and again among the {} it expected; that belief is n_distinct of the column. {cause} So {} of {} look-ups went \
         to the table all the same, {} in all; with the true count the planner would often have chosen a hash join.",
        count(expected),
        count(misses),
        count(lookups),
        weight.words(),
    );
    let mut draft = Draft::new(explained.object(), message, why).severity(weight.severity()).confidence(weight.confidence());
    draft = draft
        .evidence("node", tree.path(worst), tree.source())
        .evidence("hits", hits, tree.source())
        .evidence("misses", misses, tree.source())
        .evidence("evictions and overflows", lost, tree.source());
    // The values come from the other side of the loop: its statistics are what misled.
    let outer = tree.parent(worst).and_then(|p| tree.inputs(p).next());
    let tables: Vec<_> =
        outer.into_iter().flat_map(|o| tree.subtree(o)).filter(|s| s.node.is_scan()).filter_map(|s| tree.table_name(s)).collect();
    if let [only] = tables.as_slice() {
        let mut fix = remedy::analyze(std::slice::from_ref(only));
        fix.caution = Some(format!(
            "where ANALYZE counts too few distinct values again (it samples), tell it: alter table {} alter column … set (n_distinct = …); set enable_memoize = off \
             shows what the plan would be without",
            only.sql()
        ));
        draft = draft.fix(fix);
    }
    sink.report(draft);
}

fn is_useless(seat: &Seat<'_>) -> bool {
    let (Some(hits), Some(misses)) = (seat.node.cache_hits, seat.node.cache_misses) else { return false };
    seat.node.kind == "Memoize" && hits + misses >= LEAST_LOOKUPS && hits <= (hits + misses) * MOST_HITS
}
