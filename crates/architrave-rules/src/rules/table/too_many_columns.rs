//! `table/too-many-columns`: see `too_many_columns.md` for the rule's page.

use crate::figures::counted;
use crate::relations::Referrers;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "table/too-many-columns",
    summary: "table with very many columns or relations",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Large,
    area: Area::Modeling,
    docs: include_str!("too_many_columns.md"),
    check: Check::Catalog(check),
};

/// From here on without further signs.
const MANY: usize = 100;
/// From here on where indexes and relations gather too.
const SEVERAL: usize = 50;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let referrers = Referrers::of(catalog);
    for table in Scope::of(catalog, context).tables() {
        let own = table.columns.iter().filter(|c| !c.inherited).count();
        if own < SEVERAL {
            continue;
        }
        let relations = table.foreign_keys().count() + referrers.to(&table.name).iter().filter(|r| r.table.name != table.name).count();
        let indexes = table.indexes.len();
        let gathers = relations >= 10 && indexes >= 8;
        if own < MANY && !gathers {
            continue;
        }
        let message = format!(
            "{} has {}, {} and {}",
            table.name,
            counted(own, "column", "columns"),
            counted(relations, "foreign key in or out", "foreign keys in or out"),
            counted(indexes, "index", "indexes")
        );
        let why = "Every UPDATE writes the whole row anew, whichever of its columns changes, and with many indexes it rarely stays heap-only. What changes often (counters, a last-seen time) shares the row and its locks with \
                   what never changes, and everybody who works on any part of it meets here. Parts that change together, or are read together, make tables of their own with the same key.";
        sink.report(
            Draft::new(ObjectRef::table(&table.name), message, why)
                .severity(if gathers && context.writes(&table.name).is_some_and(|n| n >= 10_000_000) {
                    Severity::Medium
                } else {
                    RULE.severity
                })
                .evidence("columns", own, "pg_attribute")
                .evidence("foreign keys in or out", relations, "pg_constraint")
                .evidence("indexes", indexes, "pg_index"),
        );
    }
}
