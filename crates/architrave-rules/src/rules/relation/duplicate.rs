//! `relation/duplicate`: see `duplicate.md` for the rule's page.

use crate::statements::lock;
use architrave_model::catalog::{Constraint, Reference, Table};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "relation/duplicate",
    summary: "foreign key that is declared twice",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("duplicate.md"),
    check: Check::Catalog(check),
};

type Key<'a> = (&'a Constraint, &'a Reference);

/// Referenced table, and pairs of columns in order.
type Target<'a> = (&'a QualifiedName, Vec<(&'a str, &'a str)>);

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables() {
        let mut same: BTreeMap<Target<'_>, Vec<Key<'_>>> = BTreeMap::new();
        for (key, reference) in table.foreign_keys().filter(|(k, _)| !k.inherited && k.enforced) {
            let mut pairs: Vec<(&str, &str)> =
                key.columns.iter().map(String::as_str).zip(reference.columns.iter().map(String::as_str)).collect();
            pairs.sort_unstable();
            same.entry((&reference.table, pairs)).or_default().push((key, reference));
        }
        for keys in same.into_values().filter(|keys| keys.len() > 1) {
            sink.report(draft(table, &keys));
        }
    }
}

/// Whether both do the same in every case.
fn acts_alike((a, ra): &Key<'_>, (b, rb): &Key<'_>) -> bool {
    ra.on_delete == rb.on_delete
        && ra.on_update == rb.on_update
        && (ra.match_type == rb.match_type || a.columns.len() == 1)
        && (a.deferrable, a.deferred) == (b.deferrable, b.deferred)
        && (a.validated || !b.validated)
}

fn draft(table: &Table, keys: &[Key<'_>]) -> Draft {
    // The validated one stays, then the older name as far as the alphabet tells.
    let mut sorted: Vec<Key<'_>> = keys.to_vec();
    sorted.sort_by_key(|(k, _)| (!k.validated, k.name.as_str()));
    let (kept, rest) = match sorted.split_first() {
        Some((kept, rest)) => (*kept, rest),
        None => return Draft::new(ObjectRef::table(&table.name), "", ""),
    };
    let alike = rest.iter().all(|k| acts_alike(&kept, k));
    let names: Vec<String> = rest.iter().map(|(k, _)| k.name.clone()).collect();
    let columns = kept.0.columns.join(", ");
    let message = format!(
        "{} on {} {} {}: ({columns}) refers to {} twice{}",
        names.join(", "),
        table.name,
        if names.len() == 1 { "repeats" } else { "repeat" },
        kept.0.name,
        kept.1.table,
        if alike { "" } else { ", with different actions" }
    );
    let why = if alike {
        "Each of them is checked for every row that is written and for every parent that is deleted: twice the work, and twice the row locks on the parent, for one rule.".to_owned()
    } else {
        "Both are carried out when a parent is deleted or its key changes. RESTRICT in one refuses what CASCADE in the other would do, and of CASCADE and SET NULL the first to come wins: what happens is not what either of them \
         says. Decide which is meant and drop the other."
            .to_owned()
    };
    let mut draft = Draft::new(ObjectRef::in_table(ObjectKind::Constraint, &table.name, &kept.0.name), message, why)
        .severity(if alike { RULE.severity } else { Severity::Medium })
        .evidence(format!("definition of {}", kept.0.name), kept.0.definition.as_str(), "pg_constraint");
    for (key, _) in rest {
        draft = draft
            .evidence(format!("definition of {}", key.name), key.definition.as_str(), "pg_constraint")
            .place(ObjectRef::in_table(ObjectKind::Constraint, &table.name, &key.name), None);
    }
    if alike { draft.fix(fix(table, kept.1, rest)) } else { draft }
}

fn fix(table: &Table, reference: &Reference, rest: &[Key<'_>]) -> Fix {
    let sql = table.name.sql();
    let names: Vec<&str> = rest.iter().map(|(k, _)| k.name.as_str()).collect();
    let mut locks = vec![lock(&table.name, "AccessExclusiveLock")];
    if reference.table != table.name {
        locks.push(lock(&reference.table, "AccessExclusiveLock"));
    }
    Fix {
        title: format!("drop {}", names.join(", ")),
        up: names.iter().map(|n| format!("alter table {sql} drop constraint {}", quote_ident(n))).collect(),
        down: rest.iter().map(|(k, _)| format!("alter table {sql} add constraint {} {}", quote_ident(&k.name), k.definition)).collect(),
        transactional: true,
        effect: Effect { locks, ..Effect::default() },
        caution: None,
    }
}
