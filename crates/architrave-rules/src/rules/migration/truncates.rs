//! `migration/truncates`: see `truncates.md` for the rule's page.

use crate::held::asked;
use crate::migrations::{At, names};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/truncates",
    summary: "TRUNCATE of a table that was there before",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("truncates.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let Action::Truncate { tables, cascade } = action else { continue };
        let old: Vec<&QualifiedName> = tables.iter().filter(|t| at.step.before.table_named(t).is_some()).collect();
        let Some(first) = old.first().copied() else { continue };
        let others: Vec<&QualifiedName> = if *cascade { emptied_too(at, tables) } else { Vec::new() };
        let also = if others.is_empty() { String::new() } else { format!(", and CASCADE empties {} as well", names(&others)) };
        let message = format!("{} is emptied by TRUNCATE{also}", names(&old));
        let why = "All rows go at once, no trigger for each row fires, and nothing brings them back but a backup. TRUNCATE takes ACCESS EXCLUSIVE on each table it empties; with CASCADE these are all tables that \
                   reference it, whatever the ON DELETE of their foreign keys says.";
        let sizes: Vec<_> = old.iter().chain(&others).map(|t| at.size(t)).collect();
        let all_empty = sizes.iter().all(|s| s.as_ref().is_some_and(|s| s.rows < 1.0));
        let severity = match (all_empty, others.is_empty()) {
            (true, _) => Severity::Low,
            (false, true) => Severity::Medium,
            (false, false) => Severity::High,
        };
        let mut draft = at.draft(ObjectRef::table(first), first, message, why).severity(severity);
        for table in others {
            draft = draft.place(ObjectRef::table(table), Some("through CASCADE".to_owned()));
        }
        sink.report(draft);
    }
}

/// Tables that reference the named ones, at every depth.
fn emptied_too<'a>(at: At<'a>, named: &[QualifiedName]) -> Vec<&'a QualifiedName> {
    let tables = &at.step.before.tables;
    let mut found: Vec<&QualifiedName> = Vec::new();
    let mut wanted: Vec<&QualifiedName> = named.iter().collect();
    while let Some(next) = wanted.pop() {
        for table in tables.iter().filter(|t| t.foreign_keys().any(|(_, r)| r.table == *next)) {
            if !named.contains(&table.name) && !found.contains(&&table.name) {
                found.push(&table.name);
                wanted.push(&table.name);
            }
        }
    }
    found.sort();
    found
}
