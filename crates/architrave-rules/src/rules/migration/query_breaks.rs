//! `migration/query-breaks`: see `query_breaks.md` for the rule's page.

use crate::figures::counted;
use crate::held::told;
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{BrokenQuery, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/query-breaks",
    summary: "query of the project that fails after a migration",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("query_breaks.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_step: BTreeMap<(usize, bool), Vec<&BrokenQuery>> = BTreeMap::new();
    for query in &migrations.broken_queries {
        by_step.entry((query.step, query.prepared_only)).or_default().push(query);
    }
    let steps: BTreeMap<usize, At<'_>> = crate::migrations::all(migrations, context).map(|at| (at.number, at)).collect();
    for ((number, prepared_only), queries) in by_step {
        let Some(at) = steps.get(&number).copied() else { continue };
        let for_good = queries.iter().any(|q| q.healed_by.is_none());
        report(at, prepared_only, for_good, &queries, sink);
    }
}

fn report(at: At<'_>, prepared_only: bool, for_good: bool, queries: &[&BrokenQuery], sink: &mut Sink<'_>) {
    let Some(first) = queries.first() else { return };
    let n = counted(queries.len(), "query of the project fails", "queries of the project fail");
    let (when, why) = match (prepared_only, for_good) {
        (true, _) => (
            "in sessions that had prepared it before",
            "A prepared statement whose result changes its type is refused once in every session that holds it (cached plan must not change result type). Drivers that prepare on their own, and poolers that keep prepared \
             statements, show that to users until the connection is renewed.",
        ),
        (false, true) => (
            "from this statement on",
            "The query was prepared against the schema before and after each statement. The application that runs during the migration sends it, and gets the error until the new version runs everywhere.",
        ),
        (false, false) => (
            "from this statement on until a later one heals it",
            "The query was prepared against the schema before and after each statement. Between the two statements, or until the commit where they share a transaction, it fails or waits.",
        ),
    };
    let message = format!("{n} {when}: {} ({})", first.message, first.sqlstate);
    let severity = match (prepared_only, for_good) {
        (true, _) => Severity::Medium,
        (false, true) => Severity::High,
        (false, false) => Severity::Low,
    };
    let object = ObjectRef::global(ObjectKind::Statement, format!("{}:{}", at.step.location.path, at.step.location.line));
    let mut draft = told(at, object, message, why).severity(severity);
    for query in queries.iter().take(50) {
        let object = ObjectRef::global(ObjectKind::Statement, &query.query);
        draft = match &query.location {
            Some(location) => draft.place_at(object, location.clone(), Some(query.message.clone())),
            None => draft.place(object, Some(query.message.clone())),
        };
    }
    sink.report(draft);
}
