//! `plan/disabled-node-chosen`: see `disabled_node_chosen.md` for the rule's page.

use super::tree::{Seat, Tree};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::plan::PlanNode;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/disabled-node-chosen",
    summary: "a setting forbids a kind of plan node, and the plan has it all the same",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("disabled_node_chosen.md"),
    check: Check::Plan(check),
};

/// What a disabled node costs extra up to PostgreSQL 17 (`disable_cost` of its sources).
const DISABLE_COST: f64 = 1e10;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let found: Vec<&Seat<'_>> = tree.seats().iter().filter(|s| is_disabled(&tree, s)).collect();
    let Some(worst) = found.iter().max_by(|a, b| tree.weight(a).share().total_cmp(&tree.weight(b).share())) else { return };
    let label = tree.label(worst);
    let setting = setting_of(worst.node);
    let named = setting.map_or_else(|| "an enable_… setting".to_owned(), |s| format!("{s} = off"));
    let message = format!("{label} is in the plan although {named} forbids it: there was no other way");
    let source = setting.and_then(|s| context.settings?.get(s)).map_or("", |s| s.source.as_str());
    let origin = if source.is_empty() || source == "default" { String::new() } else { format!(" (set in: {source})") };
    let why = format!(
        "The setting {named}{origin} does not forbid anything: it tells the planner to take such a node only where nothing else can do the work. Here nothing else can (no index \
         fits the condition), so the plan is what it would be without the setting, but the planner has compared its costs on crooked terms, and every other statement \
         under the same setting pays for it too. The setting is an instrument to try things out with; what is missing is the index, or statistics."
    );
    let mut draft = Draft::new(explained.object(), message, why).severity(RULE.severity);
    draft = tree.with_place(draft, worst, tree.weight(worst));
    if let Some(setting) = setting {
        draft = draft.evidence(setting, tree.setting(setting).unwrap_or("off").to_owned(), "EXPLAIN (SETTINGS)").fix(Fix {
            title: format!("stop disabling with {setting}"),
            up: vec![format!("reset {setting}")],
            down: vec![format!("set {setting} = off")],
            transactional: true,
            effect: Effect::default(),
            caution: Some(format!(
                "mends the session only: look for it in the server's configuration, in ALTER ROLE and ALTER DATABASE … SET {setting}, and in the application"
            )),
        });
    }
    sink.report(found.iter().filter(|s| s.at != worst.at).fold(draft, |draft, s| draft.place(tree.object(s), Some(tree.label(s)))));
}

/// Marked so by 18 and later; before, a node whose own cost holds the surcharge.
fn is_disabled(tree: &Tree<'_>, seat: &Seat<'_>) -> bool {
    let below: f64 = tree.children(seat).map(|c| c.node.total_cost).fold(0.0, f64::max);
    seat.node.disabled == Some(true) || (seat.node.total_cost >= DISABLE_COST && below < DISABLE_COST)
}

/// The setting that disables nodes of this kind.
fn setting_of(node: &PlanNode) -> Option<&'static str> {
    Some(match node.kind.as_str() {
        "Seq Scan" => "enable_seqscan",
        "Index Scan" => "enable_indexscan",
        "Index Only Scan" => "enable_indexonlyscan",
        "Bitmap Heap Scan" => "enable_bitmapscan",
        "Tid Scan" | "Tid Range Scan" => "enable_tidscan",
        "Sort" => "enable_sort",
        "Incremental Sort" => "enable_incremental_sort",
        "Nested Loop" => "enable_nestloop",
        "Merge Join" => "enable_mergejoin",
        "Hash Join" => "enable_hashjoin",
        "Aggregate" if node.strategy.as_deref() == Some("Hashed") => "enable_hashagg",
        "Materialize" => "enable_material",
        "Memoize" => "enable_memoize",
        "Gather Merge" => "enable_gathermerge",
        _ => return None,
    })
}
