//! `plan/jit-overhead`: see `jit_overhead.md` for the rule's page.

use super::tree::Tree;
use super::wording::ms;
use crate::figures::{count, percent};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/jit-overhead",
    summary: "compiling the statement takes a good part of its time",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("jit_overhead.md"),
    check: Check::Plan(check),
};

/// Below this nobody notices, whatever its share: expression compilation alone takes some milliseconds.
const LEAST_MS: f64 = 10.0;
/// A quarter of the time would have to be won back by faster expressions for compilation to break even; evaluating expressions is
/// seldom more of a statement than that.
const LEAST_SHARE: f64 = 0.25;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let Some(jit) = &explained.plan.jit else { return };
    let timing = jit.timing.as_ref();
    let Some(summed) = timing.and_then(|t| t.total) else { return };
    // EXPLAIN adds up what the parallel processes compiled side by side.
    let processes = tree.seats().iter().map(|s| s.processes).fold(1.0, f64::max);
    let spent = summed / processes;
    let weight = tree.weighed(Some(spent), 0.0);
    if !weight.is_timed() || spent < LEAST_MS || weight.share() < LEAST_SHARE {
        return;
    }
    let cost = explained.plan.root.total_cost;
    let optimised = timing.map_or(0.0, |t| t.optimization.unwrap_or(0.0) + t.inlining.unwrap_or(0.0));
    let why = format!(
        "From a planner cost of jit_above_cost on (100,000 by default) PostgreSQL compiles the expressions of a statement to machine code before it runs \
         them, anew for every execution: here {} functions in {} of {}, {} of it for inlining and optimising. The planner decides by the cost alone, which is \
         {} here, and a cost that is estimated too high (many partitions, a mis-estimated join) sets it off for statements that are short.",
        count(jit.functions),
        ms(spent),
        ms(tree.total_ms().unwrap_or(0.0)),
        ms(optimised / processes),
        count(cost),
    );
    let draft = Draft::new(
        explained.object(),
        format!("just-in-time compilation of {} functions takes {}", count(jit.functions), weight.words()),
        why,
    );
    sink.report(
        draft
            .severity(weight.severity())
            .confidence(weight.confidence())
            .evidence("time of the compilation", weight.words(), "EXPLAIN ANALYZE")
            .evidence("planner cost", cost, "EXPLAIN")
            .evidence("share of the time without it", percent(1.0 - weight.share()), "EXPLAIN ANALYZE")
            .fix(fix(&tree, cost)),
    );
}

/// A threshold above the statement's cost, rounded up to a figure that reads well; off where that says little.
fn fix(tree: &Tree<'_>, cost: f64) -> Fix {
    let now = tree.setting("jit_above_cost").and_then(|v| v.parse::<f64>().ok()).unwrap_or(100_000.0);
    let above = (cost * 2.0).max(now * 2.0);
    let step = 10_f64.powf(above.log10().floor());
    let value = format!("{:.0}", (above / step).ceil() * step);
    Fix {
        title: format!("let compilation begin at a cost of {value} for this statement's session or role"),
        up: vec![format!("set jit_above_cost = {value}")],
        down: vec!["reset jit_above_cost".to_owned()],
        transactional: true,
        effect: Effect::default(),
        caution: Some(
            "long reports may gain from compilation: set it for the role that runs short statements (alter role … set jit_above_cost), or for the \
             database when most are short"
                .into(),
        ),
    }
}
