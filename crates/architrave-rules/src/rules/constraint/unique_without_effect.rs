//! `constraint/unique-without-effect`: see `unique_without_effect.md` for the rule's page.

use crate::relations::{Indexed, Referrers, index_bytes};
use crate::statements::{drop_index, exclusive};
use architrave_model::catalog::{Index, Table};
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "constraint/unique-without-effect",
    summary: "unique constraint that contains another key and so forbids nothing",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("unique_without_effect.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut referrers = None;
    for table in Scope::of(catalog, context).tables() {
        for outer in &table.indexes {
            let Some(inner) =
                table.indexes.iter().filter(|inner| implies(table, inner, outer)).min_by_key(|i| (!i.primary, i.keys.len(), &i.name))
            else {
                continue;
            };
            let columns: Vec<&str> = outer.leading_columns().collect();
            let referrers = referrers.get_or_insert_with(|| Referrers::of(catalog));
            if referrers.name_columns(&table.name, &columns) {
                continue;
            }
            sink.report(draft(context, table, inner, outer));
        }
    }
}

/// A key is a unique btree index over plain columns that holds for every row.
fn is_key(index: &Index) -> bool {
    let plain = |k: &architrave_model::catalog::IndexKey| k.column.is_some() && k.operator_class.is_none() && k.collation.is_none();
    index.unique && index.method == "btree" && index.is_complete() && index.keys.iter().all(plain)
}

/// Whether rows that `inner` keeps apart can never collide in `outer`.
fn implies(table: &Table, inner: &Index, outer: &Index) -> bool {
    let removable = !outer.primary && !outer.replica_identity && outer.parent.is_none();
    if inner.name == outer.name || !removable || !is_key(inner) || !is_key(outer) || inner.keys.len() >= outer.keys.len() {
        return false;
    }
    let holds = |index: &Index, column: &str| index.leading_columns().any(|c| c == column);
    // Two rows with NULL in the inner key are not kept apart by it; an outer one that counts NULLs as equal would be the first to refuse them.
    let nulls = !outer.nulls_not_distinct
        || inner.nulls_not_distinct
        || inner.leading_columns().all(|c| table.column(c).is_some_and(|c| c.not_null));
    // A deferrable key lets rows collide until the commit, an immediate one does not.
    let deferred = inner.immediate || !outer.immediate;
    nulls && deferred && inner.leading_columns().all(|c| holds(outer, c))
}

fn draft(context: &Context<'_>, table: &Table, inner: &Index, outer: &Index) -> Draft {
    let columns: Vec<&str> = outer.leading_columns().collect();
    let key: Vec<&str> = inner.leading_columns().collect();
    let rest: Vec<&str> = columns.iter().filter(|c| !key.contains(c)).copied().collect();
    let (kind, name) = match &outer.constraint {
        Some(name) => (ObjectKind::Constraint, name),
        None => (ObjectKind::Index, &outer.name),
    };
    let message = format!(
        "{name} on {}: unique ({}) forbids nothing that {} ({}) allows",
        table.name,
        columns.join(", "),
        inner.name,
        key.join(", ")
    );
    let why = format!(
        "({}) is unique already, so ({}) can never repeat: the constraint costs an index and checks nothing. What was meant is probably that ({}) is unique, and nothing says \
         that now: rows which repeat it are accepted.",
        key.join(", "),
        columns.join(", "),
        rest.join(", ")
    );
    // An index that starts elsewhere may still serve lookups, only its uniqueness is void.
    let leads_with_key = columns.iter().take(key.len()).all(|c| key.contains(c));
    let severity = if leads_with_key { RULE.severity } else { Severity::Low };
    let draft = Draft::new(ObjectRef::in_table(kind, &table.name, name), message, why)
        .severity(severity)
        .evidence(format!("definition of {}", outer.name), outer.definition.as_str(), "pg_index")
        .evidence(format!("definition of {}", inner.name), inner.definition.as_str(), "pg_index");
    if leads_with_key { draft.fix(fix(context, table, outer, &rest)) } else { draft.confidence(Confidence::Likely) }
}

fn fix(context: &Context<'_>, table: &Table, outer: &Index, rest: &[&str]) -> Fix {
    let caution = format!(
        "decide first whether unique ({}) was meant: add that instead, after a look for rows that repeat it; an INSERT with ON CONFLICT on these columns needs another target",
        rest.join(", ")
    );
    let constraint = outer.constraint.as_ref().and_then(|name| table.constraints.iter().find(|c| &c.name == name));
    let Some(constraint) = constraint else {
        let of = Indexed { name: &table.name, indexes: &table.indexes, table: Some(table) };
        let fix = drop_index(&of, outer, index_bytes(context, &table.name.schema, &outer.name));
        return Fix { caution: Some(caution), ..fix };
    };
    let (sql, name) = (table.name.sql(), quote_ident(&constraint.name));
    Fix {
        title: format!("drop constraint {}", constraint.name),
        up: vec![format!("alter table {sql} drop constraint {name}")],
        down: vec![format!("alter table {sql} add constraint {name} {}", constraint.definition)],
        transactional: true,
        effect: exclusive(&table.name),
        caution: Some(caution),
    }
}
