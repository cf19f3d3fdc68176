//! Subcommands that are brief as they are, written out again so that they can stand apart from the heavy ones beside them.

use super::{alter, brief};
use architrave_model::migration::{Action, ColumnDraft, ConstraintDraft, SafeFile, Target};
use architrave_model::name::quote_ident;

/// The subcommand as a statement of its own; none where the action does not hold all of its text.
pub(super) fn subcommand(action: &Action) -> Option<SafeFile> {
    let file = |title: String, up: String, down: Option<String>| Some(brief(title, vec![up], down.into_iter().collect()));
    let column_of = |table: &Target, column: &str| format!("{} alter column {}", alter(table), quote_ident(column));
    match action {
        Action::SetDefault { table, column, default } => {
            file(format!("default of {column}"), format!("{} set default {}", column_of(table, column), default.text), None)
        }
        Action::DropDefault { table, column } => {
            file(format!("no default for {column}"), format!("{} drop default", column_of(table, column)), None)
        }
        Action::DropNotNull { table, column } => {
            file(format!("{column} may be null"), format!("{} drop not null", column_of(table, column)), None)
        }
        Action::RenameConstraint { table, from, to } => {
            let rename = |from: &str, to: &str| format!("{} rename constraint {} to {}", alter(table), quote_ident(from), quote_ident(to));
            file(format!("rename {from} to {to}"), rename(from, to), Some(rename(to, from)))
        }
        Action::DropConstraint { table, name, if_exists, cascade } => {
            let (guard, tail) = (if *if_exists { "if exists " } else { "" }, if *cascade { " cascade" } else { "" });
            file(format!("drop {name}"), format!("{} drop constraint {guard}{}{tail}", alter(table), quote_ident(name)), None)
        }
        Action::DropColumn { table, column, if_exists, cascade } => {
            let (guard, tail) = (if *if_exists { "if exists " } else { "" }, if *cascade { " cascade" } else { "" });
            file(format!("drop {column}"), format!("{} drop column {guard}{}{tail}", alter(table), quote_ident(column)), None)
        }
        Action::AddConstraint { table, constraint } if constraint.not_valid || constraint.not_enforced => {
            Some(add_constraint(table, constraint))
        }
        Action::RowSecurity { table, enable, force } => {
            let words = [enable.map(|on| if on { "enable" } else { "disable" }), force.map(|on| if on { "force" } else { "no force" })];
            let changes: Vec<String> = words.into_iter().flatten().map(|word| format!("{word} row level security")).collect();
            file(format!("row security of {}", table.name.name), format!("{} {}", alter(table), changes.join(", ")), None)
        }
        _ => None,
    }
}

/// ADD CONSTRAINT as written.
pub(super) fn add_constraint(target: &Target, constraint: &ConstraintDraft) -> SafeFile {
    let name = constraint.name.as_ref().map_or_else(String::new, |name| format!("constraint {} ", quote_ident(name)));
    let text = constraint.text.trim();
    let unchecked = constraint.not_valid && !super::words::has(text, &["not", "valid"]);
    let tail = if unchecked { " not valid" } else { "" };
    let down = constraint.name.as_ref().map(|name| format!("{} drop constraint {}", alter(target), quote_ident(name)));
    let title = constraint.name.as_ref().map_or_else(|| "add a constraint".to_owned(), |name| format!("add {name}"));
    brief(title, vec![format!("{} add {name}{text}{tail}", alter(target))], down.into_iter().collect())
}

/// ADD COLUMN of its name and type, with what follows.
pub(super) fn add_column(target: &Target, column: &ColumnDraft, tail: &str) -> SafeFile {
    let name = quote_ident(&column.name);
    let add = format!("{} add column {name} {}{tail}", alter(target), column.type_text);
    brief(format!("add {}", column.name), vec![add], vec![format!("{} drop column {name}", alter(target))])
}
