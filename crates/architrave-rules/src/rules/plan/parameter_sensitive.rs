//! `plan/parameter-sensitive`: see `parameter_sensitive.md` for the rule's page.

use super::tree::Tree;
use super::weight::Weight;
use super::wording::times;
use crate::figures::count;
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::plan::{Plan, PlanNode};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "plan/parameter-sensitive",
    summary: "the right plan depends on the parameter's value, and one plan for all is dear for some",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("parameter_sensitive.md"),
    check: Check::Plan(check),
};

/// Costs that differ less than this are one plan's business.
const LEAST_FACTOR: f64 = 10.0;
/// Cost below which no plan of the statement is worth a word: a hundred pages.
const LEAST_COST: f64 = 100.0;
/// What PostgreSQL adds to the cost of a custom plan for planning it: 1,000 operators per relation and one more (`plancache.c`).
const PLANNING_PER_RELATION: f64 = 1000.0 * 0.0025;

/// What the statement's own plan is called among the choices.
const MOST_FREQUENT: &str = "most frequent value";

struct Choice<'a> {
    name: &'a str,
    plan: &'a Plan,
    shape: String,
}

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    // Plans for other amounts of data answer another question.
    let of_values = explained.alternatives.iter().filter(|a| !a.choice.contains("data") && !a.choice.contains("fold"));
    let mut choices: Vec<Choice<'_>> = of_values.map(|a| Choice { name: &a.choice, plan: &a.plan, shape: shape(&a.plan.root) }).collect();
    // The statement's own plan is that of the values which come most often; without any it is the generic one again.
    if choices.iter().all(|c| c.plan != &explained.plan) {
        choices.insert(0, Choice { name: MOST_FREQUENT, plan: &explained.plan, shape: shape(&explained.plan.root) });
    }
    let (generic, custom): (Vec<&Choice<'_>>, Vec<&Choice<'_>>) = choices.iter().partition(|c| c.name.contains("generic"));
    let cost = |c: &&Choice<'_>| c.plan.root.total_cost;
    // Nothing matches a value out of range: every plan is cheap then, and none is wrong.
    let in_range: Vec<&Choice<'_>> = custom.iter().copied().filter(|c| !c.name.contains("out of range")).collect();
    let (Some(least), Some(most)) = (
        in_range.iter().copied().min_by(|a, b| cost(a).total_cmp(&cost(b))),
        in_range.iter().copied().max_by(|a, b| cost(a).total_cmp(&cost(b))),
    ) else {
        return;
    };
    let factor = cost(&most) / cost(&least).max(0.01);
    let shapes: BTreeSet<&str> = in_range.iter().map(|c| c.shape.as_str()).collect();
    if shapes.len() < 2 || factor < LEAST_FACTOR || cost(&most) < LEAST_COST {
        return;
    }
    let generic = generic.first().copied();
    let average = average(&in_range);
    let switches = generic.is_some_and(|g| cost(&g) < average);
    // Of ranges it is plain that the wide ones are dearer; as long as PostgreSQL plans for each, nothing is wrong.
    let ranges = in_range.iter().any(|c| c.name.contains("range"));
    if ranges && generic.is_some() && !switches {
        return;
    }
    let message = format!(
        "{} plans for different values, costs {} ({}) to {} ({}): {} apart",
        shapes.len(),
        count(cost(&least)),
        least.name,
        count(cost(&most)),
        most.name,
        times(factor)
    );
    let told: Vec<String> =
        in_range.iter().map(|c| format!("{} for the {} at a cost of {}", summary(c.plan), c.name, count(cost(c)))).collect();
    let mode = what_stays(generic, average, switches);
    let why = format!("How many rows match depends on the value, and with it which plan is right: {}. {mode}", told.join("; "));
    let weight = Weight::cost(cost(&most), cost(&most), explained.calls.max(1.0));
    let severity = weight.severity().min(Severity::Medium);
    let mut draft =
        Draft::new(explained.object(), message, why).severity(if switches || generic.is_none() { severity } else { Severity::Info });
    for choice in &choices {
        draft = draft.evidence(format!("cost for: {}", choice.name), cost(&choice), "EXPLAIN");
    }
    if switches {
        draft = draft.fix(fix());
    }
    let tree = Tree::of(explained, context);
    if let Some(mode) = tree.setting("plan_cache_mode") {
        draft = draft.evidence("plan_cache_mode", mode.to_owned(), "pg_settings");
    }
    sink.report(draft);
}

/// Which plan a prepared statement ends up with, and what plan_cache_mode does about it.
fn what_stays(generic: Option<&Choice<'_>>, average: f64, switches: bool) -> String {
    match generic {
        Some(g) if switches => format!(
            "A prepared statement is planned for its value five times; then PostgreSQL compares the average of those costs ({}) with the plan that knows no value ({}: {}) and, \
             that being lower, keeps it for all values from then on, until the session ends. plan_cache_mode = force_custom_plan makes it plan for the value each time.",
            count(average),
            summary(g.plan),
            count(g.plan.root.total_cost)
        ),
        Some(g) => format!(
            "A prepared statement is planned for its value five times; then PostgreSQL compares the average of those costs ({}) with the plan that knows no value ({}: {}). With \
             these values the latter is dearer and PostgreSQL goes on planning for the value, which is right; should the first five calls all carry the dear value, it may \
             switch. plan_cache_mode = force_generic_plan would be wrong here.",
            count(average),
            summary(g.plan),
            count(g.plan.root.total_cost)
        ),
        None => "A prepared statement is planned for its value five times, then perhaps once for all values: plan_cache_mode = force_custom_plan keeps it from that.".to_owned(),
    }
}

fn fix() -> Fix {
    Fix {
        title: "plan the statement anew for each value".into(),
        up: vec!["set plan_cache_mode = force_custom_plan".into()],
        down: vec!["reset plan_cache_mode".into()],
        transactional: true,
        effect: Effect::default(),
        caution: Some(
            "every execution of every prepared statement of the session is planned then: set it around this statement (set local), or for the role that runs it (alter role … \
             set plan_cache_mode)"
                .into(),
        ),
    }
}

/// The average cost of custom plans as PostgreSQL reckons it, planning included.
fn average(choices: &[&Choice<'_>]) -> f64 {
    let of = |c: &&Choice<'_>| {
        let relations = c.plan.nodes().iter().filter(|n| n.is_scan()).count();
        c.plan.root.total_cost + PLANNING_PER_RELATION * (relations as f64 + 1.0)
    };
    choices.iter().map(of).sum::<f64>() / (choices.len() as f64).max(1.0)
}

/// Kinds, tables and indexes of all nodes: what makes a plan another plan.
fn shape(node: &PlanNode) -> String {
    let part = |o: &Option<String>| o.clone().unwrap_or_default();
    let below: Vec<String> = node.children.iter().map(shape).collect();
    format!("{}/{}/{}({})", node.kind, part(&node.relation), part(&node.index), below.join(","))
}

/// The first scan, with the joins above it: `a Seq Scan on tickets`.
fn summary(plan: &Plan) -> String {
    let nodes = plan.nodes();
    let joins: Vec<&str> = nodes.iter().filter(|n| n.is_join()).map(|n| n.kind.as_str()).take(2).collect();
    let scan = nodes.iter().find(|n| n.is_scan()).map(|n| {
        let index = n.index.as_ref().map_or_else(String::new, |i| format!(" using {i}"));
        format!("{}{index} on {}", n.kind, n.relation.as_deref().unwrap_or_default())
    });
    match (scan, joins.as_slice()) {
        (Some(scan), []) => scan,
        (Some(scan), joins) => format!("{} over {scan}", joins.join(" and ")),
        (None, _) => plan.root.kind.clone(),
    }
}
