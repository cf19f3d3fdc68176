//! `migration/all-rows-written`: see `all_rows_written.md` for the rule's page.

use crate::held::{added_columns, is_old, scripts, written_whole};
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/all-rows-written",
    summary: "UPDATE or DELETE of all rows in one statement",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("all_rows_written.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for steps in scripts(migrations, context) {
        let added = added_columns(&steps);
        for at in steps {
            for action in &at.step.actions {
                let Some(table) = written_whole(action, &added).filter(|t| is_old(at.step, t)) else { continue };
                if let Some(severity) = at.weight(&[table]).severity() {
                    report(at, action, table, severity, sink);
                }
            }
        }
    }
}

fn report(at: At<'_>, action: &Action, table: &QualifiedName, severity: Severity, sink: &mut Sink<'_>) {
    let deletes = matches!(action, Action::Delete { .. });
    let verb = if deletes { "deletes" } else { "updates" };
    let message = match action {
        Action::Update { has_where: true, .. } => format!("one statement fills a new column of {table} in all rows that its WHERE admits"),
        _ => format!("one statement {verb} all rows of {table} without WHERE"),
    };
    let why = if deletes {
        "Every row is locked until the commit and stays in the file as a dead one; triggers and ON DELETE actions run for each. If all rows really are to go, TRUNCATE does it at once; if a WHERE was \
         forgotten, only a backup helps."
    } else {
        "Every row is locked from the moment it is written until the commit: writers of it wait, and waiting writers use up the connections. Each row is written anew, so that the table and its indexes \
         may grow to twice their size, replicas lag, and a failure on the last row undoes all of it. In batches of some thousand rows by key, each committed, nobody waits for long."
    };
    let draft = at.draft(ObjectRef::table(table), table, message, why).severity(severity);
    sink.report(if deletes { draft } else { at.safely(draft) });
}
