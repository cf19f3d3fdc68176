//! `trigger/row-unused`: see `row_unused.md` for the rule's page.

use super::chain::Bodies;
use super::fires;
use crate::body::Token;
use crate::figures::{by_size, count};
use architrave_model::catalog::{Table, Trigger, TriggerTiming};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "trigger/row-unused",
    summary: "trigger that runs once per row and does not look at the row",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("row_unused.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut bodies = None;
    for table in Scope::of(catalog, context).tables() {
        let after = |t: &&Trigger| fires(t) && t.row && t.timing == TriggerTiming::After && !t.constraint && !t.inherited;
        for trigger in table.triggers.iter().filter(after).filter(|t| !t.definition.contains(" WHEN (")) {
            let bodies = bodies.get_or_insert_with(|| Bodies::of(catalog));
            if let Some(body) = bodies.get(trigger)
                && !looks_at_row(&body.tokens)
            {
                sink.report(draft(context, table, trigger, refreshes(&body.tokens)));
            }
        }
    }
}

/// Uses NEW or OLD other than to return it, or text that could.
fn looks_at_row(body: &[Token]) -> bool {
    body.iter().enumerate().any(|(at, token)| {
        let returned = at.checked_sub(1).and_then(|b| body.get(b)).is_some_and(|t| t.is("return"));
        ((token.is("new") || token.is("old")) && !returned) || token.is("execute")
    })
}

fn refreshes(body: &[Token]) -> bool {
    body.windows(2).any(|w| matches!(w, [a, b] if a.is("refresh") && b.is("materialized")))
}

fn draft(context: &Context<'_>, table: &Table, trigger: &Trigger, refreshes: bool) -> Draft {
    let written = context.writes(&table.name).map(|n| n as f64);
    let message = format!(
        "{} on {} fires for each row and never looks at it{}",
        trigger.name,
        table.name,
        if refreshes { ": it refreshes a materialized view per row" } else { "" }
    );
    let why = "What the function does is the same for every row of a statement: a statement over 10,000 rows does it 10,000 times. FOR EACH STATEMENT does it once, and REFERENCING gives it \
               the changed rows as a table where it needs them."
        .to_owned();
    let base = if refreshes { Severity::Medium } else { RULE.severity };
    let severity = if refreshes { base } else { by_size(written, base, &[(1e7, Severity::Medium)], base) };
    let mut draft = Draft::new(ObjectRef::in_table(ObjectKind::Trigger, &table.name, &trigger.name), message, why)
        .severity(severity)
        .evidence("function", trigger.function.to_string(), "pg_trigger.tgfoid");
    if let Some(written) = written {
        draft = draft.evidence(format!("rows written to {}", table.name), count(written), "pg_stat_user_tables");
    }
    draft
}
