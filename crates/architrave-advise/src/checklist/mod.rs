//! The seven-line DBA review checklist: pass, fail or unknown, each with its evidence.

mod rls;

use crate::assessment::{own_tables, plural, plural_of};
use architrave_model::limits::KeyLimit;
use architrave_model::review::{ChecklistLine, Review, State};
use architrave_model::{Finding, ObjectKind, Severity};
use std::collections::BTreeSet;

/// The rule about growth: it speaks for ten times the data, not for today.
const GROWS: &str = "plan/grows-faster-than-data";
/// Ten times the traffic uses values up ten times as fast.
const TENFOLD: f64 = 10.0;
/// A cost that exceeds the growth of the data by so much grows faster: less may be the planner's rounding.
const FASTER: f64 = 1.5;
const DAY: f64 = 86_400.0;
const YEAR: f64 = 365.0;

/// The seven lines, in order.
pub fn lines(review: &Review) -> Vec<ChecklistLine> {
    vec![keys(review), indexes(review), rls::line(review), timestamps(review), clerk(review), explain(review), traffic(review)]
}

fn line(text: &str, state: State, evidence: impl Into<String>) -> ChecklistLine {
    ChecklistLine { text: text.to_owned(), state, evidence: evidence.into() }
}

fn of<'a>(review: &'a Review, rules: &[&str]) -> Vec<&'a Finding> {
    review.all_findings().filter(|f| rules.contains(&f.rule.as_str())).collect()
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
    line(text, State::Fail, format!("{} of {} without primary key, first {}", places(&missing), plural(tables, "table"), missing[0].object))
}

fn indexes(review: &Review) -> ChecklistLine {
    let text = "Columns in WHERE and JOIN have indexes";
    let rules = [
        "index/foreign-key-unindexed",
        "query/sequential-scans-on-large-table",
        "rls/policy-column-unindexed",
        "index/missing-for-workload",
    ];
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
        .flat_map(|t| {
            t.columns
                .iter()
                .filter(|c| c.name.contains("clerk") && !c.base_type().starts_with("timestamp"))
                .map(move |c| format!("{}.{}", t.name, c.name))
        })
        .collect();
    // A handler may put Clerk's id into a primary key that is not named after it.
    let written = own_tables(review).into_iter().find(|t| {
        let writes =
            review.stack.webhooks.handlers.iter().flat_map(|h| &h.writes).filter(|w| w.event == "user.created" && w.table == t.name.name);
        let key = t.primary_key().is_some_and(|k| k.columns == ["id"]) && t.column("id").is_some_and(|c| c.base_type() == "text");
        key && writes.into_iter().any(|w| w.columns.iter().any(|c| c == "id"))
    });
    if let (None, Some(table)) = (columns.first(), written) {
        return line(text, State::Pass, format!("{}.id, which the webhook fills, is the primary key", table.name));
    }
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
    let costly: Vec<&Finding> = review
        .all_findings()
        .filter(|f| {
            f.rule.starts_with("plan/") && f.rule != GROWS && f.severity >= Severity::High && f.object.kind == ObjectKind::Statement
        })
        .collect();
    let planned: usize = review.targets.iter().filter_map(|t| t.on_twin.as_ref()).map(|t| t.statements.len()).sum();
    if let Some(first) = costly.first() {
        let statements: BTreeSet<_> = costly.iter().map(|f| (&f.target, &f.object.name)).collect();
        let statement = written(review, first);
        let evidence = format!(
            "{} of {} planned with a costly plan, first {statement}: {}",
            statements.len(),
            plural(planned.max(statements.len()), "statement"),
            first.message
        );
        return line(text, State::Fail, evidence);
    }
    if planned > 0 {
        let refused: usize = review.targets.iter().filter_map(|t| t.on_twin.as_ref()).map(|t| t.refused.len()).sum();
        let rest = if refused > 0 { format!("; {refused} more could not be planned") } else { String::new() };
        return line(text, State::Pass, format!("{} planned on the twin, none with a costly plan{rest}", plural(planned, "statement")));
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

/// The statement that a finding is about: its id and the start of its text (constants are masked).
fn written(review: &Review, finding: &Finding) -> String {
    let id = &finding.object.name;
    let twin = review.targets.iter().find(|t| t.name == finding.target).and_then(|t| t.on_twin.as_ref());
    let text: String = twin.map_or("", |t| t.text(id)).chars().take(60).collect();
    if text.is_empty() { id.clone() } else { format!("{id} ({})", text.trim_end()) }
}

fn traffic(review: &Review) -> ChecklistLine {
    let text = "Ten times the traffic would not lock up";
    let not_tried = "locking under load was not tried";
    let shown = over_more_data(review);
    let fails = |evidence: String| {
        let more = shown.iter().map(String::as_str).chain([not_tried]);
        line(text, State::Fail, more.fold(evidence, |all, next| format!("{all}; {next}")))
    };
    let found = of(review, &["connection/near-limit", "key/integer-primary-key", "maintenance/wraparound-age", GROWS]);
    if let Some(first) = found.iter().find(|f| f.severity >= Severity::High) {
        let what = if first.rule == GROWS { written(review, first) } else { first.object.to_string() };
        return fails(format!("{what} would not take it: {}", first.message));
    }
    if let Some((key, days)) = soonest(review).filter(|(_, days)| days / TENFOLD < YEAR) {
        return fails(format!("at ten times its present pace {} runs out of values in {:.0} days", key.name(), days / TENFOLD));
    }
    let shown = shown.unwrap_or_else(|| "no limit was found that ten times the present traffic surely breaks".to_owned());
    line(text, State::Unknown, format!("{not_tried}; {shown}"))
}

/// The key that runs out first at the pace between two readings, and in how many days.
fn soonest(review: &Review) -> Option<(&KeyLimit, f64)> {
    let all = review.limits.iter().flat_map(|l| l.keys.iter().map(move |k| (k, l.until)));
    all.filter_map(|(key, now)| Some((key, (key.exhausted_at? - now) / DAY))).min_by(|a, b| a.1.total_cmp(&b.1))
}

/// What planning over ten times the data (or the factor nearest to it) has shown; none when it was not tried.
fn over_more_data(review: &Review) -> Option<String> {
    let twins = review.targets.iter().filter_map(|t| t.on_twin.as_ref());
    let growth: Vec<_> = twins.flat_map(|t| &t.growth).filter(|g| g.factor > 1.0).collect();
    let away = |factor: f64| (factor - TENFOLD).abs();
    let factor = growth.iter().map(|g| g.factor).min_by(|a, b| away(*a).total_cmp(&away(*b)))?;
    let then: Vec<_> = growth.into_iter().filter(|g| g.factor.total_cmp(&factor).is_eq()).collect();
    let faster = then.iter().filter(|g| g.excess() >= FASTER).count();
    let flips = then.iter().filter(|g| g.flips).count();
    let times = if away(factor) < f64::EPSILON { "ten".to_owned() } else { factor.to_string() };
    let all = plural(then.len(), "statement");
    Some(format!("over {times} times the data {faster} of {all} would cost more than the data grow, {} changed", plural(flips, "plan")))
}

#[cfg(test)]
mod tests;
