//! `migration/required-column-unfilled`: see `required_column_unfilled.md` for the rule's page.

use crate::figures::list;
use crate::held::{scripts, told};
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/required-column-unfilled",
    summary: "column that running code does not fill is NOT NULL and has no default",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("required_column_unfilled.md"),
    check: Check::Migration(check),
};

/// What becomes of a column in one script.
#[derive(Clone, Copy)]
struct Fate<'a> {
    at: At<'a>,
    not_null: bool,
    default: bool,
    /// Added by the script, or deprived of its default.
    news: bool,
    /// ADD COLUMN … NOT NULL without default, which fails on rows: the subject of another rule.
    fails: bool,
}

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for steps in scripts(migrations, context) {
        let mut fates: BTreeMap<(&QualifiedName, &str), Fate<'_>> = BTreeMap::new();
        for at in steps {
            for action in &at.step.actions {
                follow(at, action, &mut fates);
            }
        }
        let mut unfilled: BTreeMap<(usize, &QualifiedName), (At<'_>, Vec<&str>)> = BTreeMap::new();
        for ((table, column), fate) in fates {
            if fate.news && fate.not_null && !fate.default && !fate.fails {
                unfilled.entry((fate.at.number, table)).or_insert((fate.at, Vec::new())).1.push(column);
            }
        }
        for ((_, table), (at, columns)) in unfilled {
            report(at, table, &columns, sink);
        }
    }
}

fn follow<'a>(at: At<'a>, action: &'a Action, fates: &mut BTreeMap<(&'a QualifiedName, &'a str), Fate<'a>>) {
    let (table, column) = match action {
        Action::AddColumn { table, column, .. } => (&table.name, column.name.as_str()),
        Action::SetNotNull { table, column }
        | Action::DropNotNull { table, column }
        | Action::SetDefault { table, column, .. }
        | Action::DropDefault { table, column }
        | Action::AlterIdentity { table, column, .. }
        | Action::DropColumn { table, column, .. } => (&table.name, column.as_str()),
        _ => return,
    };
    if at.step.before.table_named(table).is_none() {
        return;
    }
    let Some(mut fate) = fates.get(&(table, column)).copied().or_else(|| start(at, action, table, column)) else { return };
    let had_default = fate.default;
    match action {
        Action::SetNotNull { .. } => fate.not_null = true,
        Action::DropNotNull { .. } => fate.not_null = false,
        Action::SetDefault { default, .. } => fate.default = !default.is_null,
        Action::DropDefault { .. } => fate.default = false,
        Action::AlterIdentity { drop, .. } => fate.default = !drop,
        Action::DropColumn { .. } => fate.news = false,
        _ => {}
    }
    if had_default && !fate.default {
        (fate.news, fate.fails) = (true, false);
    }
    if !matches!(action, Action::AddColumn { .. }) {
        fate.at = at;
    }
    fates.insert((table, column), fate);
}

/// A column when the script first speaks of it.
fn start<'a>(at: At<'a>, action: &Action, table: &QualifiedName, column: &str) -> Option<Fate<'a>> {
    if let Action::AddColumn { column, .. } = action {
        let default = column.default.as_ref().is_some_and(|d| !d.is_null)
            || column.serial
            || column.identity
            || column.stored
            || column.virtual_column;
        return Some(Fate { at, not_null: column.not_null, default, news: true, fails: column.not_null && !default });
    }
    let old = at.step.before.table_named(table)?.column(column)?;
    let default = old.default.is_some() || old.identity.is_some();
    Some(Fate { at, not_null: old.not_null, default, news: false, fails: false })
}

fn report(at: At<'_>, table: &QualifiedName, columns: &[&str], sink: &mut Sink<'_>) {
    let Some(first) = columns.first() else { return };
    let message = match columns {
        [column] => format!("{table}.{column} is NOT NULL without default when the script is through: INSERTs that do not name it fail"),
        _ => format!(
            "columns {} of {table} are NOT NULL without default when the script is through: INSERTs that do not name them fail",
            list(&columns.iter().map(ToString::to_string).collect::<Vec<_>>())
        ),
    };
    let why = "The application that runs during the migration does not know that it must fill the column, and its INSERTs are refused with 23502 (not_null_violation) until the new \
               version runs everywhere. Some ORMs add a column with a default and take the default away in the next statement: the old rows are filled, the new ones fail.";
    sink.report(told(at, ObjectRef::column(table, *first), message, why));
}
