//! `table/leftover-copy`: see `leftover_copy.md` for the rule's page.

use crate::figures::{bytes, counted};
use architrave_model::catalog::TableKind;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "table/leftover-copy",
    summary: "copy of a table that looks like a leftover",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("leftover_copy.md"),
    check: Check::Catalog(check),
};

/// Ends that say what it is.
const ENDS: &[&str] = &["backup", "bak", "bck", "bkp", "copy", "deprecated", "old", "orig", "original", "save", "saved", "temp", "tmp"];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables().filter(|t| t.kind == TableKind::Ordinary && t.parents.is_empty()) {
        let Some(original) = base(&table.name.name)
            .and_then(|name| catalog.table(&table.name.schema, name))
            // What looks like a partition is `partition/detached-leftover`.
            .filter(|t| t.kind == TableKind::Ordinary)
        else {
            continue;
        };
        let shared = table.columns.iter().filter(|c| original.column(&c.name).is_some()).count();
        // A table of another shape only has the word in its name.
        if table.columns.is_empty() || (shared as f64) < 0.8 * table.columns.len() as f64 || table.extension.is_some() {
            continue;
        }
        let bare = table.primary_key().is_none() && table.foreign_keys().next().is_none();
        let size = context.bytes(&table.name).map_or_else(String::new, |b| format!(", {}", bytes(b)));
        let message = format!(
            "{} has {shared} of its {} from {} and looks like a leftover copy{size}",
            table.name,
            counted(table.columns.len(), "column", "columns"),
            original.name
        );
        let keys = if bare { " It has neither a key nor a foreign key, as CREATE TABLE … AS leaves it." } else { "" };
        let why = format!(
            "Somebody made it before a change, to be safe. It is not kept up to date, deletions in {} do not reach it (those that data protection demands neither), its privileges and policies are its own, and every backup carries it.{keys}",
            original.name
        );
        let weight = context.bytes(&table.name).is_some_and(|b| b >= 10 << 30);
        sink.report(
            Draft::new(ObjectRef::table(&table.name), message, why)
                .severity(if weight { Severity::Medium } else { RULE.severity })
                .confidence(if bare { Confidence::Likely } else { Confidence::Possible })
                .evidence(format!("columns shared with {}", original.name), shared, "pg_attribute")
                .place(ObjectRef::table(&original.name), Some("the original".into())),
        );
    }
}

/// `orders` of `orders_old`, `old_orders`, `orders_backup_20240101`.
fn base(name: &str) -> Option<&str> {
    let dated = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let trimmed = if name.len() - dated.len() >= 7 { dated } else { name };
    for end in ENDS {
        if let Some(base) = trimmed.strip_suffix(end).and_then(|n| n.strip_suffix('_')) {
            return Some(base);
        }
        if let Some(base) = trimmed.strip_prefix(end).and_then(|n| n.strip_prefix('_')) {
            return Some(base);
        }
    }
    // A date alone says it too.
    (trimmed.len() < name.len() && !trimmed.is_empty()).then_some(trimmed)
}
