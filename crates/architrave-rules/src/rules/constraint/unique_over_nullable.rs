//! `constraint/unique-over-nullable`: see `unique_over_nullable.md` for the rule's page.

use super::unique_with_soft_delete::is_mark;
use crate::condition::mentions;
use crate::figures::{counted, list_of};
use architrave_model::catalog::{ConstraintKind, Index, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "constraint/unique-over-nullable",
    summary: "unique constraint over several columns that a null in one of them switches off",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("unique_over_nullable.md"),
    check: Check::Catalog(check),
};

/// Table, index, and its columns that may be null, with what is known of their nulls.
type Place<'a> = (&'a Table, &'a Index, Vec<&'a str>, bool);

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<Place<'_>>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        for index in table.indexes.iter().filter(|i| i.unique && i.is_complete() && !i.nulls_not_distinct && i.keys.len() > 1) {
            let Some(nullable) = nullable(table, index) else { continue };
            let measured = |c: &&str| context.stats.and_then(|s| s.column(&table.name, c)).map(|s| s.null_fraction);
            // Nulls that were never seen are `column/nullable-foreign-key`'s and the like; a constraint over nothing but nullable columns is optional as a whole.
            let unseen = nullable.iter().all(|c| measured(c) == Some(0.0));
            if nullable.is_empty() || nullable.len() == index.keys.len() || unseen || guarded(table, index, &nullable) {
                continue;
            }
            let seen = nullable.iter().any(|c| measured(c).is_some_and(|n| n > 0.0));
            by_schema.entry(&table.name.schema).or_default().push((table, index, nullable, seen));
        }
    }
    for (schema, places) in by_schema {
        sink.report(draft(schema, &places));
    }
}

/// Key columns that may be null; none where an expression or a deletion mark (a rule of its own) is among them.
fn nullable<'a>(table: &'a Table, index: &'a Index) -> Option<Vec<&'a str>> {
    let mut found = Vec::new();
    for key in &index.keys {
        let column = table.column(key.column.as_deref()?)?;
        if is_mark(column) {
            return None;
        }
        if !column.not_null {
            found.push(column.name.as_str());
        }
    }
    Some(found)
}

/// Somebody thought of the nulls: a partial or an expression index that names the column, or a check that does.
fn guarded(table: &Table, index: &Index, nullable: &[&str]) -> bool {
    let others = table.indexes.iter().filter(|i| i.unique && i.name != index.name);
    let texts = others.flat_map(|i| i.predicate.iter().chain(i.keys.iter().filter_map(|k| k.expression.as_ref())));
    let checks = table.constraints.iter().filter(|c| c.kind == ConstraintKind::Check).filter_map(|c| c.expression.as_ref());
    texts.chain(checks).any(|text| nullable.iter().any(|c| mentions(text, c)))
        || table.indexes.iter().any(|i| {
            let within = |c: &str| index.leading_columns().any(|own| own == c) && !nullable.contains(&c);
            i.unique && i.is_complete() && i.name != index.name && i.keys.iter().all(|k| k.column.as_deref().is_some_and(within))
        })
}

fn draft(schema: &str, places: &[Place<'_>]) -> Draft {
    let names: Vec<String> =
        places.iter().map(|(t, i, nullable, _)| format!("{} on {} ({})", i.name, t.name.name, nullable.join(", "))).collect();
    let seen = places.iter().filter(|(_, _, _, seen)| *seen).count();
    let message = format!(
        "{} of schema {schema} {} rows with a null repeat: {}",
        counted(places.len(), "unique constraint", "unique constraints"),
        if places.len() == 1 { "lets" } else { "let" },
        list_of(&names, 3)
    );
    let nulls = if seen > 0 { format!(" In {seen} of them ANALYZE did see nulls.") } else { String::new() };
    let why = format!(
        "Nulls count as different from each other, so a row with a null in one of the columns collides with none, and the constraint holds only for rows in which all are set. Where the null means \"none\" or \"for all\", the same \
         combination can be entered twice.{nulls} NULLS NOT DISTINCT (15 and later) counts nulls as equal; before, a second unique index WHERE the column IS NULL does."
    );
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why)
        .severity(if seen > 0 { Severity::Low } else { RULE.severity })
        .evidence("unique indexes over nullable columns", places.len(), "pg_index");
    for (table, index, nullable, _) in places {
        let (kind, name) = match &index.constraint {
            Some(name) => (ObjectKind::Constraint, name),
            None => (ObjectKind::Index, &index.name),
        };
        draft = draft.place(ObjectRef::in_table(kind, &table.name, name), Some(format!("may be null: {}", nullable.join(", "))));
    }
    draft
}
