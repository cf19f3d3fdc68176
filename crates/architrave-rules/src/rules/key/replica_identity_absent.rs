//! `key/replica-identity-absent`: see `replica_identity_absent.md` for the rule's page.

use crate::statements::exclusive;
use architrave_model::catalog::{Publication, ReplicaIdentity, Table, TableKind};
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "key/replica-identity-absent",
    summary: "published table with a primary key and no usable replica identity",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("replica_identity_absent.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let changes = |p: &&Publication| p.operations.iter().any(|o| o == "update" || o == "delete");
    let publications: Vec<&Publication> = catalog.publications.iter().filter(changes).collect();
    if publications.is_empty() {
        return;
    }
    let named = by_table(&publications);
    let scope = Scope::of(catalog, context);
    for table in &catalog.tables {
        let stored = table.kind == TableKind::Ordinary && table.extension.is_none() && scope.covers(&table.name.schema);
        if !stored || table.primary_key().is_none() {
            continue;
        }
        let Some(cause) = cause(table) else { continue };
        if let Some(publication) = publication_of(&publications, &named, catalog, table) {
            sink.report(draft(table, publication, cause));
        }
    }
}

/// Publications by the table that they name.
fn by_table<'a>(publications: &[&'a Publication]) -> BTreeMap<&'a architrave_model::QualifiedName, &'a str> {
    publications.iter().flat_map(|p| p.tables.iter().map(move |t| (&t.table, p.name.as_str()))).collect()
}

/// The publication that holds the table: itself, its schema, everything, or a parent that it is a partition of.
fn publication_of<'a>(
    publications: &[&'a Publication],
    named: &BTreeMap<&'a architrave_model::QualifiedName, &'a str>,
    catalog: &Catalog,
    table: &Table,
) -> Option<&'a str> {
    let whole = publications.iter().find(|p| p.all_tables || p.schemas.contains(&table.name.schema)).map(|p| p.name.as_str());
    let mut seen = BTreeSet::new();
    let mut next = Some(table);
    let mut found = None;
    while let Some(t) = next.filter(|t| seen.insert(&t.name)) {
        found = found.or_else(|| named.get(&t.name).copied());
        next = t.parents.first().filter(|_| t.is_partition).and_then(|p| catalog.table_named(p));
    }
    whole.or(found)
}

#[derive(Clone, Copy, PartialEq)]
enum Cause {
    /// `REPLICA IDENTITY NOTHING`.
    Nothing,
    /// The primary key is deferrable, which does not count.
    Deferrable,
    /// The index that was chosen is gone.
    IndexGone,
}

fn cause(table: &Table) -> Option<Cause> {
    let deferrable = table.indexes.iter().any(|i| i.primary && !i.immediate);
    match table.replica_identity {
        ReplicaIdentity::Nothing => Some(Cause::Nothing),
        ReplicaIdentity::Default if deferrable => Some(Cause::Deferrable),
        ReplicaIdentity::Index if !table.indexes.iter().any(|i| i.replica_identity) => Some(Cause::IndexGone),
        _ => None,
    }
}

fn draft(table: &Table, publication: &str, cause: Cause) -> Draft {
    let fact = match cause {
        Cause::Nothing => "its replica identity is nothing",
        Cause::Deferrable => "its primary key is deferrable, which no replica identity may be",
        Cause::IndexGone => "the index that was its replica identity is gone",
    };
    let message = format!("{} is published by {publication}, and {fact}", table.name);
    let why = format!(
        "Logical replication has nothing to name the old row by, so PostgreSQL refuses every update and delete of {} that {publication} publishes; inserts go through, and nobody notices until the first change.",
        table.name
    );
    let identity = match table.replica_identity {
        ReplicaIdentity::Default => "default",
        ReplicaIdentity::Nothing => "nothing",
        ReplicaIdentity::Full => "full",
        ReplicaIdentity::Index => "index",
    };
    let draft = Draft::new(ObjectRef::table(&table.name), message, why)
        .evidence(format!("replica identity of {}", table.name), identity, "pg_class.relreplident")
        .evidence("published by", publication, "pg_publication");
    let sql = table.name.sql();
    let keyed = table.indexes.iter().any(|i| i.primary && i.immediate);
    let (to, caution) = if keyed {
        ("default".to_owned(), None)
    } else {
        let usable = table.indexes.iter().find(|i| {
            let plain = |c: Option<&str>| c.and_then(|c| table.column(c)).is_some_and(|c| c.not_null);
            i.unique && i.immediate && i.is_complete() && i.keys.iter().all(|k| plain(k.column.as_deref()))
        });
        let caution = "FULL logs the whole old row with each change, and subscribers look it up by all columns: a unique constraint that is not deferrable is cheaper";
        usable.map_or_else(|| ("full".to_owned(), Some(caution.to_owned())), |i| (format!("using index {}", quote_ident(&i.name)), None))
    };
    draft.fix(Fix {
        title: format!("set the replica identity of {} to {to}", table.name),
        up: vec![format!("alter table {sql} replica identity {to}")],
        down: if cause == Cause::IndexGone { Vec::new() } else { vec![format!("alter table {sql} replica identity {identity}")] },
        transactional: true,
        effect: exclusive(&table.name),
        caution,
    })
}
