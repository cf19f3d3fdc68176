//! `migration/statement-refused`: see `statement_refused.md` for the rule's page.

use crate::held::{file_of, told};
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations, Outcome};
use architrave_model::project::MigrationFormat;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "migration/statement-refused",
    summary: "statement that PostgreSQL refuses on the schema that the earlier migrations leave",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("statement_refused.md"),
    check: Check::Migration(check),
};

/// Whole classes and codes that other rules name the cause of: data that does not fit, CONCURRENTLY in a transaction.
const OTHERS: &[&str] = &["22", "23", "25001", "55P04"];

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut scripts_with_failure: BTreeSet<usize> = BTreeSet::new();
    for at in crate::migrations::all(migrations, context) {
        let Outcome::Failed { sqlstate, message } = &at.step.outcome else { continue };
        if is_of_a_dump(at, sqlstate, message) {
            continue;
        }
        let follows = sqlstate == "25P02" || !scripts_with_failure.insert(at.step.script);
        if follows || OTHERS.iter().any(|o| sqlstate.starts_with(o)) || is_told_elsewhere(at) {
            continue;
        }
        let what = format!("{} is refused: {message} ({sqlstate})", file_of(at));
        let why = "The statement was executed on the schema that the earlier migrations leave. Where the migration is applied to a database of that schema it stops here, and what has been committed \
                   before it stays.";
        let mut draft =
            told(at, ObjectRef::global(ObjectKind::Statement, format!("{}:{}", at.step.location.path, at.step.location.line)), what, why);
        draft = draft.evidence("SQLSTATE", sqlstate.clone(), at.source());
        let may_be_elsewhere = matches!(sqlstate.as_str(), "42P01" | "42703" | "42704" | "42883")
            && (is_of_others(at, message) || is_after_unread(at) || is_after_refused(at, message));
        if sqlstate == "42501" || may_be_elsewhere {
            draft = draft.severity(Severity::Low).confidence(Confidence::Possible);
        }
        sink.report(draft);
    }
}

/// Whether a dump says more than the server needs, and who restores it goes on: settings of a newer version, the schema that is there from the start.
fn is_of_a_dump(at: At<'_>, sqlstate: &str, message: &str) -> bool {
    let format = at.migrations.format;
    matches!(format, Some(MigrationFormat::PgDump | MigrationFormat::RailsStructure | MigrationFormat::SchemaFile))
        && (sqlstate == "42704" && message.starts_with("unrecognized configuration parameter")
            || sqlstate == "42P06" && message.contains("\"public\""))
}

/// Whether the missing relation is in a schema that no migration makes or fills: another program's, which the private server does not have or has only
/// as an empty stand-in.
fn is_of_others(at: At<'_>, message: &str) -> bool {
    let Some((schema, _)) = message.split('"').nth(1).and_then(|name| name.split_once('.')) else { return false };
    let is_filled = at.step.before.tables.iter().any(|t| t.name.schema == schema);
    let makes = |a: &Action| matches!(a, Action::CreateSchema { name, .. } if name == schema);
    schema != "public" && !is_filled && !at.migrations.steps.iter().any(|s| s.actions.iter().any(makes))
}

/// Whether a migration before this one is not SQL and was not read: it may have made what is missing.
fn is_after_unread(at: At<'_>) -> bool {
    at.migrations.history.iter().any(|h| h.kind == "unread" && h.location.path < at.step.location.path)
}

/// Whether a statement before this one was refused or not judged that names what is missing: with that mended it may be there.
fn is_after_refused(at: At<'_>, message: &str) -> bool {
    let Some(missing) = missing(message) else { return false };
    let names = |text: &str| text.to_lowercase().split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == missing);
    let earlier = at.migrations.steps.iter().take_while(|s| (s.script, s.location.line) < (at.step.script, at.step.location.line));
    earlier.filter(|s| matches!(s.outcome, Outcome::Failed { .. } | Outcome::Skipped { .. })).any(|s| names(&s.text))
}

/// The bare name of what does not exist, in lower case: quoted, or as in `function f(integer) does not exist` and `column t.c does not exist`.
fn missing(message: &str) -> Option<String> {
    let unquoted = || message.strip_prefix("function ").or_else(|| message.strip_prefix("column "))?.split(['(', ' ']).next();
    let name = message.split('"').nth(1).or_else(unquoted)?;
    name.rsplit('.').next().map(str::to_lowercase)
}

/// Statements that cannot work by their form have a rule that says so: CONCURRENTLY on partitioned tables or beside a default partition.
fn is_told_elsewhere(at: At<'_>) -> bool {
    at.step.actions.iter().any(|a| match a {
        Action::DetachPartition { concurrently, .. } => *concurrently,
        Action::CreateIndex { table, concurrently, .. } => *concurrently && at.is_partitioned(&table.name),
        Action::SetType { .. } => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn what_is_missing_has_a_name_with_quotes_and_without() {
        for (message, name) in [
            ("relation \"app.Things\" does not exist", Some("things")),
            ("function app.add(unknown, integer) does not exist", Some("add")),
            ("could not find a function named \"add\"", Some("add")),
            ("column t.name does not exist", Some("name")),
            ("syntax error", None),
        ] {
            assert_eq!(missing(message).as_deref(), name, "{message}");
        }
    }
}
