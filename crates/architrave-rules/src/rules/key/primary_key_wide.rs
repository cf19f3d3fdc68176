//! `key/primary-key-wide`: see `primary_key_wide.md` for the rule's page.

use crate::relations::Referrers;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "key/primary-key-wide",
    summary: "primary key over more than four columns",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Large,
    area: Area::Modeling,
    docs: include_str!("primary_key_wide.md"),
    check: Check::Catalog(check),
};

/// Up to here a key is a natural composite: tenant, parent, language, version.
const MOST: usize = 4;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut referrers = None;
    for table in Scope::of(catalog, context).tables() {
        let Some(key) = table.primary_key().filter(|k| k.columns.len() > MOST) else { continue };
        let referrers = referrers.get_or_insert_with(|| Referrers::of(catalog));
        let copies: Vec<_> = referrers.to(&table.name).iter().filter(|r| r.reference.columns.len() > MOST && !r.key.inherited).collect();
        let n = key.columns.len();
        let message = format!("the primary key of {} has {n} columns", table.name);
        let mut why = format!(
            "Whoever names one row has to say {n} values: each reference repeats them in a row and in an index of its own, and a change of one of them moves through all. A key of one column, and a unique constraint \
             over the {n}, says the same at less cost."
        );
        if !copies.is_empty() {
            why.extend([format!(" {} of other tables do so now.", crate::figures::counted(copies.len(), "foreign key", "foreign keys"))]);
        }
        let mut draft = Draft::new(ObjectRef::in_table(ObjectKind::Constraint, &table.name, &key.name), message, why)
            .severity(if copies.is_empty() { RULE.severity } else { Severity::Low })
            .evidence("columns of the key", key.columns.join(", "), "pg_constraint");
        for referrer in copies {
            draft = draft.place(ObjectRef::in_table(ObjectKind::Constraint, &referrer.table.name, &referrer.key.name), None);
        }
        sink.report(draft);
    }
}
