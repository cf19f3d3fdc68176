//! `relation/references-itself`: see `references_itself.md` for the rule's page.

use crate::statements::exclusive;
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "relation/references-itself",
    summary: "foreign key whose columns refer to themselves",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("references_itself.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables() {
        for (key, reference) in table.foreign_keys().filter(|(k, _)| !k.inherited) {
            if reference.table != table.name || reference.columns != key.columns {
                continue;
            }
            let columns = key.columns.join(", ");
            let message = format!("{} on {} refers from ({columns}) to ({columns}) of the same row", key.name, table.name);
            let why = "Every row is its own parent, so the constraint holds always and checks nothing; each insert looks the row up once more. Another column was meant, or another table: the reference that somebody believes in does \
                       not exist."
                .to_owned();
            let (sql, name) = (table.name.sql(), quote_ident(&key.name));
            let draft = Draft::new(ObjectRef::in_table(ObjectKind::Constraint, &table.name, &key.name), message, why)
                .evidence("definition", key.definition.as_str(), "pg_constraint")
                .fix(Fix {
                    title: format!("drop {}", key.name),
                    up: vec![format!("alter table {sql} drop constraint {name}")],
                    down: vec![format!("alter table {sql} add constraint {name} {}", key.definition)],
                    transactional: true,
                    effect: exclusive(&table.name),
                    caution: Some("find out first what it was to refer to, and add that".to_owned()),
                });
            sink.report(draft);
        }
    }
}
