//! `migration/cached-plan-result-changes`: see `cached_plan_result_changes.md` for the rule's page.

use crate::migrations::acting;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/cached-plan-result-changes",
    summary: "changed result type that prepared statements of running sessions fail over",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("cached_plan_result_changes.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        // Queries of the project that fail for this reason are told with their places by another rule.
        if migrations.broken_queries.iter().any(|q| q.step == at.number && q.prepared_only) {
            continue;
        }
        for (action, table) in at.on_existing() {
            let Action::SetType { column, type_text, .. } = action else { continue };
            let Some(old) = at.step.table(table).and_then(|t| t.column(column)) else { continue };
            let there = at.step.before.tables.iter().any(|t| t.name == *table && t.column(column).is_some());
            if !there || is_same(&old.base_type(), type_text) {
                continue;
            }
            let message = format!(
                "{table}.{column} changes from {} to {type_text}: prepared statements that return it fail once in each session",
                old.data_type
            );
            let why = "A session that has prepared SELECT … of this column before gets `cached plan must not change result type` (SQLSTATE 0A000) at its next execution, in a transaction again and again until it \
                       rolls back. Drivers prepare on their own (JDBC, pgx, sqlx, Npgsql), and PgBouncer from 1.21 on keeps prepared statements across clients. Renew the connections after the migration, or add a new \
                       column in place of a new type.";
            sink.report(at.draft(ObjectRef::column(table, column), table, message, why));
        }
    }
}

/// Whether the type as written is the old one, with another length or precision at most.
fn is_same(old: &str, new: &str) -> bool {
    let base = |text: &str| {
        let bare = text.split('(').next().unwrap_or(text).trim().to_lowercase();
        let tail = text.split_once(')').map_or("", |(_, tail)| tail).trim().to_lowercase();
        let whole = format!("{bare} {tail}");
        let known = match whole.trim() {
            "varchar" => "character varying",
            "char" | "bpchar" => "character",
            "decimal" => "numeric",
            "int" | "int4" => "integer",
            "int8" => "bigint",
            "int2" => "smallint",
            "bool" => "boolean",
            "timestamptz" => "timestamp with time zone",
            "timestamp" => "timestamp without time zone",
            other => other,
        };
        known.to_owned()
    };
    base(old) == base(new)
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn another_length_is_the_same_type() {
        for (old, new) in [
            ("character varying", "varchar(40)"),
            ("numeric", "decimal(12, 2)"),
            ("timestamp with time zone", "timestamptz(3)"),
            ("timestamp without time zone", "timestamp(3) without time zone"),
            ("integer", "INT"),
        ] {
            assert!(is_same(old, new), "{old} {new}");
        }
        for (old, new) in [("integer", "bigint"), ("character varying", "text"), ("timestamp without time zone", "timestamptz")] {
            assert!(!is_same(old, new), "{old} {new}");
        }
    }
}
