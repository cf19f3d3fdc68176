//! `index/collation-version-changed`: see `collation_version_changed.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::relations::{Indexed, indexed};
use crate::statements::lock;
use architrave_model::catalog::{Index, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::stats::DatabaseFacts;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "index/collation-version-changed",
    summary: "indexes in an order that the operating system no longer sorts by",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Operations,
    docs: include_str!("collation_version_changed.md"),
    check: Check::Stats(check),
};

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if context.server.version_num < 150_000 {
        return sink.not_checked("PostgreSQL records the version of a database's collation from 15 on");
    }
    let Some(database) = stats.databases.iter().find(|d| d.name == context.server.database) else {
        return sink.not_checked("the facts of this database were not read");
    };
    let (Some(recorded), Some(actual)) = (&database.collation_version, &database.actual_collation_version) else { return };
    if recorded == actual {
        return;
    }
    let scope = Scope::of(catalog, context);
    let all = indexed(&scope, catalog);
    let sorted: Vec<(&Indexed<'_>, &Index)> =
        all.iter().flat_map(|of| of.indexes.iter().filter(|i| sorts_text(of, i)).map(move |i| (of, i))).collect();
    if !sorted.is_empty() {
        sink.report(draft(database, (recorded, actual), &sorted));
    }
}

/// Ordered by the database's own collation: b-tree (and GiST) keys over text that say no other. Hash and GIN do not depend on the order.
fn sorts_text(of: &Indexed<'_>, index: &Index) -> bool {
    let text = |column: &str| {
        let column = of.table.and_then(|t| t.column(column));
        column.is_some_and(|c| {
            c.collation.is_none()
                && matches!(c.base_type().as_str(), "text" | "character varying" | "character" | "public.citext" | "citext")
        })
    };
    let pattern = |class: &Option<String>| class.as_deref().is_some_and(|c| c.ends_with("_pattern_ops"));
    index.method == "btree"
        && index.keys.iter().any(|k| {
            let expression =
                k.expression.as_deref().is_some_and(|e| e.starts_with("lower(") || e.starts_with("upper(") || e.ends_with("::text"));
            k.collation.is_none() && !pattern(&k.operator_class) && (expression || k.column.as_deref().is_some_and(text))
        })
}

fn draft(database: &DatabaseFacts, (recorded, actual): (&str, &str), sorted: &[(&Indexed<'_>, &Index)]) -> Draft {
    let unique = sorted.iter().filter(|(_, i)| i.unique).count();
    let message = format!(
        "{} over text, {unique} of them unique, were built under version {recorded} of the collation {}; the system has {actual}",
        counted(sorted.len(), "b-tree", "b-trees"),
        database.locale.as_ref().unwrap_or(&database.collate)
    );
    let why = "A b-tree stands in the order of the library that sorted it. If the new version sorts some strings differently, searches miss rows that are there, unique indexes accept duplicates, and merge joins lose \
               rows, all without an error. Whether strings of this database are among those that moved only a check (amcheck) or a rebuild can tell."
        .to_owned();
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Database, &database.name), message, why)
        .evidence("collation version recorded", recorded, "pg_database.datcollversion")
        .evidence("collation version of the system", actual, "pg_database_collation_actual_version");
    for (of, index) in sorted {
        draft = draft.place(of.index_ref(index), Some(if index.unique { "unique".to_owned() } else { index.method.clone() }));
    }
    // Unique ones first: every insert until then may add a duplicate that keeps the rebuild from succeeding.
    let mut order: Vec<&(&Indexed<'_>, &Index)> =
        sorted.iter().filter(|(of, _)| of.table.is_none_or(|t| t.kind == TableKind::Ordinary)).collect();
    order.sort_by_key(|(of, i)| (!i.unique, of.name, &i.name));
    let tables: Vec<String> = order.iter().map(|(of, _)| of.name.to_string()).collect();
    if order.is_empty() {
        return draft;
    }
    draft.fix(Fix {
        title: format!("rebuild the b-trees over text: {}", list_of(&order.iter().map(|(_, i)| i.name.clone()).collect::<Vec<_>>(), 3)),
        up: order
            .iter()
            .map(|(of, i)| format!("reindex index concurrently {}", QualifiedName::new(&of.name.schema, &i.name).sql()))
            .collect(),
        down: Vec::new(),
        transactional: false,
        effect: Effect {
            locks: order.iter().map(|(of, _)| lock(of.name, "ShareUpdateExclusiveLock")).collect(),
            scans: tables,
            ..Effect::default()
        },
        caution: Some(
            "only after all of them (partitioned tables, range partitions over text and check constraints that compare text too): alter database … refresh collation version, which silences the warning and repairs nothing".to_owned(),
        ),
    })
}
