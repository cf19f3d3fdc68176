//! The seven-line DBA review checklist: pass, fail or unknown, each with its evidence.

use crate::assessment::{own_tables, plural, plural_of};
use architrave_model::Finding;
use architrave_model::review::{ChecklistLine, Review, State};

/// The seven lines, in order.
pub fn lines(review: &Review) -> Vec<ChecklistLine> {
    vec![keys(review), indexes(review), rls(review), timestamps(review), clerk(review), explain(review), traffic(review)]
}

fn line(text: &str, state: State, evidence: impl Into<String>) -> ChecklistLine {
    ChecklistLine { text: text.to_owned(), state, evidence: evidence.into() }
}

fn of<'a>(review: &'a Review, rules: &[&str]) -> Vec<&'a Finding> {
    review.findings.iter().filter(|f| rules.contains(&f.rule.as_str())).collect()
}

fn ran(review: &Review, rule: &str) -> bool {
    review.rules_run.iter().any(|r| r.id == rule)
}

fn places(findings: &[&Finding]) -> usize {
    findings.iter().map(|f| f.places.len().max(1)).sum()
}

fn keys(review: &Review) -> ChecklistLine {
    let text = "Every table has a primary key and keys that last";
    if !ran(review, "key/primary-key-missing") {
        return line(text, State::Unknown, "the key rules did not run");
    }
    let missing = of(review, &["key/primary-key-missing"]);
    let tables = own_tables(review).len();
    if missing.is_empty() {
        return line(text, State::Pass, format!("{} checked, all with a primary key", plural(tables, "table")));
    }
    line(text, State::Fail, format!("{} of {} without primary key, first {}", missing.len(), plural(tables, "table"), missing[0].object))
}

fn indexes(review: &Review) -> ChecklistLine {
    let text = "Columns in WHERE and JOIN have indexes";
    let rules = ["index/foreign-key-unindexed", "query/sequential-scans-on-large-table", "rls/policy-column-unindexed"];
    let found = of(review, &rules);
    if !found.is_empty() {
        let first = &found[0];
        return line(
            text,
            State::Fail,
            format!("{} without a fitting index, first {}", plural_of(places(&found), "place", "places"), first.object),
        );
    }
    if !ran(review, rules[0]) {
        return line(text, State::Unknown, "the index rules did not run");
    }
    if ran(review, rules[1]) {
        let keys: usize = own_tables(review).iter().map(|t| t.foreign_keys().count()).sum();
        return line(text, State::Pass, format!("{} indexed and no large table read sequentially", plural(keys, "foreign key")));
    }
    line(text, State::Unknown, "every foreign key is indexed; which columns queries filter by needs a live database")
}

fn rls(review: &Review) -> ChecklistLine {
    let text = "Row level security shows users only their own data";
    let exposed = review.targets.iter().any(|t| !t.exposure.is_none());
    if !exposed {
        return line(text, State::Unknown, "no Data API role was found; whether users reach the database directly is not known");
    }
    let found = of(review, &["rls/disabled-on-exposed-table", "rls/policy-always-true", "view/security-invoker-missing"]);
    if let Some(first) = found.first() {
        return line(
            text,
            State::Fail,
            format!("{} open to other users, first {}: {}", plural_of(places(&found), "object", "objects"), first.object, first.message),
        );
    }
    let guarded = own_tables(review).iter().filter(|t| t.rls_enabled).count();
    line(
        text,
        State::Unknown,
        format!(
            "{} guarded and no open policy found; that no user can reach another's rows was not proved by attack",
            plural(guarded, "table")
        ),
    )
}

fn timestamps(review: &Review) -> ChecklistLine {
    let text = "Points in time are timestamptz";
    if !ran(review, "type/timestamp-without-zone") {
        return line(text, State::Unknown, "the type rules did not run");
    }
    let found = of(review, &["type/timestamp-without-zone"]);
    if found.is_empty() {
        let all = own_tables(review).iter().flat_map(|t| &t.columns).filter(|c| c.base_type().starts_with("timestamp")).count();
        return line(text, State::Pass, format!("{} checked", plural(all, "timestamp column")));
    }
    line(text, State::Fail, format!("{} without time zone", plural(places(&found), "column")))
}

fn clerk(review: &Review) -> ChecklistLine {
    let text = "The Clerk user id is unique and indexed";
    let used = review.stack.facts.iter().any(|f| f.name.starts_with("Clerk"));
    let found = of(review, &["clerk/user-id-not-unique"]);
    if let Some(first) = found.first() {
        return line(text, State::Fail, first.message.clone());
    }
    let columns: Vec<String> = own_tables(review)
        .iter()
        .flat_map(|t| t.columns.iter().filter(|c| c.name.contains("clerk")).map(move |c| format!("{}.{}", t.name, c.name)))
        .collect();
    match (ran(review, "clerk/user-id-not-unique"), columns.first()) {
        (true, Some(column)) => line(text, State::Pass, format!("{column} is unique")),
        (_, None) if used => line(text, State::Unknown, "the project uses Clerk, but no column holds a Clerk id by name"),
        (_, None) => line(text, State::Unknown, "no trace of Clerk in the project or the schema"),
        (false, Some(_)) => line(text, State::Unknown, "the Clerk rule did not run"),
    }
}

fn explain(review: &Review) -> ChecklistLine {
    let text = "EXPLAIN shows acceptable cost for the queries that matter";
    let slow: Vec<String> = review
        .targets
        .iter()
        .filter_map(|t| t.snapshot.stats.as_ref())
        .flat_map(|s| &s.statements)
        .filter(|s| s.mean_ms >= 1000.0 && s.calls >= 10)
        .map(|s| format!("{:.0} ms on average over {} calls", s.mean_ms, s.calls))
        .collect();
    if let Some(first) = slow.first() {
        return line(text, State::Fail, format!("{} above 1 s, the dearest {first}", plural_of(slow.len(), "statement", "statements")));
    }
    let planned: usize = review.targets.iter().filter_map(|t| t.on_twin.as_ref()).map(|o| o.statements.len()).sum();
    if planned > 0 {
        return planned_on_twin(review, text, planned);
    }
    let statements: usize = review.targets.iter().filter_map(|t| t.snapshot.stats.as_ref()).map(|s| s.statements.len()).sum();
    if statements > 0 {
        return line(
            text,
            State::Unknown,
            format!("none of {} takes 1 s on average; their plans were not read", plural(statements, "statement")),
        );
    }
    line(text, State::Unknown, "no workload was given: a live database with pg_stat_statements tells which queries matter")
}

/// What the plans of the workload say.
fn planned_on_twin(review: &Review, text: &str, planned: usize) -> ChecklistLine {
    let statements = plural(planned, "statement");
    let about_plans = |f: &&Finding| f.rule.starts_with("plan/") || f.rule == "index/missing-for-workload";
    let found: Vec<&Finding> = review.findings.iter().filter(about_plans).collect();
    let grave = found.iter().filter(|f| f.severity >= architrave_model::Severity::Medium);
    match (grave.clone().next(), found.len()) {
        (Some(first), _) => {
            let all = plural(grave.count(), "finding");
            line(text, State::Fail, format!("{all} about the plans of {statements}, first: {}", first.message))
        }
        (None, 0) => line(text, State::Pass, format!("{statements} planned on the twin; no rule finds fault with a plan")),
        (None, n) => line(text, State::Pass, format!("{statements} planned on the twin; {} of low weight", plural(n, "finding"))),
    }
}

/// What planning over ten times the data says; none when it was not tried.
fn tenfold(review: &Review) -> Option<String> {
    let planned = review.targets.iter().filter_map(|t| t.on_twin.as_ref()).flat_map(|o| &o.growth);
    let tenfold: Vec<_> = planned.filter(|g| (g.factor - 10.0).abs() < f64::EPSILON).collect();
    let all = plural(Some(tenfold.len()).filter(|n| *n > 0)?, "statement");
    let faster = tenfold.iter().filter(|g| g.excess() > GROWS_FASTER).count();
    let flips = tenfold.iter().filter(|g| g.flips).count();
    Some(format!("over ten times the data {faster} of {all} would cost more than ten times as much; {} changed", plural(flips, "plan")))
}

/// A statement grows faster than its data when its cost exceeds the factor by this much.
const GROWS_FASTER: f64 = 1.25;

fn traffic(review: &Review) -> ChecklistLine {
    let text = "Ten times the traffic would not lock up";
    let found = of(review, &["connection/near-limit", "key/integer-primary-key", "maintenance/wraparound-age"]);
    if let Some(first) = found.iter().find(|f| f.severity >= architrave_model::Severity::High) {
        return line(text, State::Fail, format!("{} would not take it: {}", first.object, first.message));
    }
    let grows = of(review, &["plan/grows-faster-than-data"]);
    let not_tried = "locking under load was not tried";
    match (tenfold(review), grows.iter().find(|f| f.severity >= architrave_model::Severity::Medium)) {
        (Some(grown), Some(first)) => line(text, State::Fail, format!("{grown}, first: {}; {not_tried}", first.message)),
        (Some(grown), None) => line(text, State::Unknown, format!("{grown}; {not_tried}")),
        (None, _) => {
            line(text, State::Unknown, format!("{not_tried}; no limit was found that ten times the present traffic surely breaks"))
        }
    }
}
