//! `migration/function-body-breaks`: see `function_body_breaks.md` for the rule's page.

use crate::body;
use crate::figures::{counted, list_of};
use crate::held::{asked, told};
use crate::migrations::At;
use architrave_model::catalog::Function;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/function-body-breaks",
    summary: "function whose body still names what is dropped or renamed",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("function_body_breaks.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut read: BTreeMap<*const Function, Vec<body::Token>> = BTreeMap::new();
    for (at, action) in asked(migrations, context) {
        let (table, column) = match action {
            Action::DropColumn { table, column, .. } => (&table.name, Some(column)),
            Action::RenameColumn { table, from, .. } => (&table.name, Some(from)),
            Action::DropTable { table, .. } => (table, None),
            Action::RenameTable { table, .. } => (&table.name, None),
            _ => continue,
        };
        let Some(old) = at.step.before.table_named(table) else { continue };
        if column.is_some_and(|c| old.column(c).is_none()) || comes_back(at, table, column) {
            continue;
        }
        let broken: Vec<&Function> = at
            .step
            .before
            .functions
            .iter()
            .filter(|f| matches!(f.language.as_str(), "plpgsql" | "sql") && !is_made_anew(at, f))
            .filter(|f| {
                let tokens = read.entry(std::ptr::from_ref(*f)).or_insert_with(|| body::tokens(&f.body));
                names_table(tokens, table) && column.is_none_or(|c| tokens.iter().any(|t| t.is(c)))
            })
            .collect();
        if !broken.is_empty() {
            report(at, table, column.map(String::as_str), &broken, sink);
        }
    }
}

/// Whether the body names the table where a table is named: after FROM, JOIN, INTO, UPDATE or a point.
fn names_table(tokens: &[body::Token], table: &QualifiedName) -> bool {
    tokens.iter().enumerate().any(|(n, token)| {
        let before = |back: usize| n.checked_sub(back).and_then(|b| tokens.get(b));
        let introduced = |t: &body::Token| ["from", "join", "into", "update", "only", "table", "using"].iter().any(|w| t.is(w));
        let qualified = before(1).is_some_and(|t| t.is_sign(".")) && before(2).is_some_and(|t| t.is(&table.schema));
        token.is(&table.name) && (qualified || before(1).is_some_and(introduced))
    })
}

/// Whether a later statement of the script gives the name to a table, or a column, again: functions find it when the script is through.
fn comes_back(at: At<'_>, of: &QualifiedName, column: Option<&String>) -> bool {
    let gives = |action: &Action| match (action, column) {
        (Action::CreateTable { table, .. }, None) => table == of,
        (Action::RenameTable { table, to }, None) => table.name.schema == of.schema && *to == of.name,
        (Action::AddColumn { table, column, .. }, Some(name)) => table.name == *of && column.name == *name,
        (Action::RenameColumn { table, to, .. }, Some(name)) => table.name == *of && to == name,
        _ => false,
    };
    let later = at.later().take_while(|other| other.step.script == at.step.script).any(|other| other.step.actions.iter().any(gives));
    later || at.step.actions.iter().any(|action| matches!(action, Action::AddColumn { .. }) && gives(action))
}

/// Dropped or replaced in the same script.
fn is_made_anew(at: At<'_>, function: &Function) -> bool {
    let is_it = |a: &Action| matches!(a, Action::CreateFunction { name, .. } | Action::DropFunction { name, .. } if *name == function.name);
    at.migrations.of_script(at.step.script).any(|s| s.actions.iter().any(is_it))
}

fn report(at: At<'_>, table: &QualifiedName, column: Option<&str>, broken: &[&Function], sink: &mut Sink<'_>) {
    let what = column.map_or_else(|| table.to_string(), |c| format!("{table}.{c}"));
    let functions: Vec<String> = broken.iter().map(|f| f.name.to_string()).collect();
    let message = format!(
        "{} still {} {what}: {}",
        counted(broken.len(), "function", "functions"),
        if broken.len() == 1 { "names" } else { "name" },
        list_of(&functions, 3)
    );
    let why = "PostgreSQL does not look into the bodies of functions: the migration succeeds, and the function fails when it is next called. Where a trigger calls it, every write of that table fails.";
    let mut draft = told(at, column.map_or_else(|| ObjectRef::table(table), |c| ObjectRef::column(table, c)), message, why);
    for function in broken {
        draft = draft.place(ObjectRef::in_schema(ObjectKind::Function, &function.name.schema, function.signature()), None);
    }
    sink.report(draft);
}
