//! `index/foreign-key-unindexed`: see `foreign_key_unindexed.md` for the rule's page.

use crate::coverage::{narrows, serves_equality};
use crate::figures::{by_size, count, list, list_of};
use crate::new_index::{contained_in_new, create_index, create_index_in_order};
use crate::policies::lookups;
use crate::statements::Names;
use architrave_model::catalog::{Constraint, ForeignKeyAction, Index, Reference, Table, TableKind};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "index/foreign-key-unindexed",
    summary: "foreign key whose columns no index of the table starts with",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("foreign_key_unindexed.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut names = None;
    let scope = Scope::of(catalog, context);
    for table in catalog.tables.iter().filter(|t| scope.reviews(t) || is_judged_alone(&scope, t)) {
        let open = unserved(table);
        for (key, reference) in &open {
            if open.iter().any(|(wider, _)| first_within(table, &open, wider).is_some_and(|k| k.name == key.name)) {
                continue;
            }
            let within = first_within(table, &open, key);
            let draft = draft(context, table, (key, reference), within);
            if broken_cover(table, key).is_some() {
                sink.report(draft);
                continue;
            }
            let names = names.get_or_insert_with(|| Names::of(catalog));
            let fix = match within {
                Some(narrow) => create_index_in_order(catalog, names, context, table, &led_by(narrow, key)),
                None => create_index(catalog, names, context, table, &key.columns),
            };
            sink.report(draft.fix(fix));
        }
    }
}

/// A partition may have foreign keys of its own, that its parent knows nothing of.
fn is_judged_alone(scope: &Scope<'_>, table: &Table) -> bool {
    table.is_partition && table.kind != TableKind::Foreign && table.extension.is_none() && scope.covers(&table.name.schema)
}

/// Foreign keys that no index serves, one for each list of columns.
fn unserved(table: &Table) -> Vec<(&Constraint, &Reference)> {
    let mut open: Vec<(&Constraint, &Reference)> = Vec::new();
    for (key, reference) in table.foreign_keys().filter(|(k, _)| k.enforced && !k.inherited) {
        let served = table.indexes.iter().any(|i| serves_equality(i, &key.columns));
        if !served && !open.iter().any(|(k, _)| k.columns == key.columns) {
            open.push((key, reference));
        }
    }
    open
}

/// The first of these keys whose columns are among those of the wider one: one index, led by it, serves both.
fn first_within<'a>(table: &Table, open: &[(&'a Constraint, &Reference)], wider: &Constraint) -> Option<&'a Constraint> {
    let within = |key: &Constraint| key.columns.len() < wider.columns.len() && key.columns.iter().all(|c| wider.columns.contains(c));
    let found = open.iter().map(|(k, _)| *k).find(|k| within(k))?;
    contained_in_new(table, &led_by(found, wider)).is_empty().then_some(found)
}

fn led_by(narrow: &Constraint, wide: &Constraint) -> Vec<String> {
    narrow.columns.iter().chain(wide.columns.iter().filter(|c| !narrow.columns.contains(c))).cloned().collect()
}

/// The index that would serve the key if its build had finished: repairing it is the fix of `index/invalid`.
fn broken_cover<'a>(table: &'a Table, key: &Constraint) -> Option<&'a Index> {
    let broken = |i: &&Index| !i.valid || !i.ready;
    table.indexes.iter().filter(broken).find(|i| serves_equality(&Index { valid: true, ready: true, ..(*i).clone() }, &key.columns))
}

fn draft(context: &Context<'_>, table: &Table, (key, reference): (&Constraint, &Reference), within: Option<&Constraint>) -> Draft {
    let columns = key.columns.join(", ");
    let partial = narrows(&table.indexes, &key.columns);
    let rows = context.rows(&table.name);
    let mut severity =
        by_size(rows, RULE.severity, &[(1e6, Severity::High), (10_000.0, Severity::Medium), (1000.0, Severity::Low)], Severity::Info);
    let message = match (broken_cover(table, key), partial) {
        (Some(index), _) => format!("no index of {} starts with ({columns}) but {}, which is invalid", table.name, index.name),
        (None, Some(index)) => {
            severity = severity.lowered();
            format!("no index of {} starts with ({columns}); {} narrows the search only", table.name, index.name)
        }
        (None, None) => format!("no index of {} starts with ({columns})", table.name),
    };
    let size = rows.map_or_else(String::new, |n| format!(", now {} rows,", count(n)));
    let mut why = format!(
        "Every delete and every key update in {} has to find the rows of {} that refer to it{}: without an index it reads the whole table{size} once per \
         parent row, and holds its locks as long. Joins from {} to its rows here read it in full as well.",
        reference.table,
        table.name,
        action(reference.on_delete),
        reference.table,
    );
    let policies = lookups(table);
    if let [only] = key.columns.as_slice()
        && let Some(policies) = policies.get(only)
    {
        // An unknown size makes nothing high.
        severity = if rows.is_some() { severity.raised() } else { severity.max(RULE.severity) };
        let names: Vec<String> = policies.iter().map(|p| format!("\"{}\"", p.name)).collect();
        why.extend([format!(" Row level security looks the column up in every query: {}.", list_of(&names, 3))]);
    }
    let mut draft = Draft::new(ObjectRef::in_table(ObjectKind::Constraint, &table.name, &key.name), message, why).severity(severity);
    let others: Vec<&Constraint> = table
        .foreign_keys()
        .map(|(k, _)| k)
        .filter(|k| k.name != key.name && (k.columns == key.columns || within.is_some_and(|w| w.columns == k.columns)))
        .collect();
    for other in others {
        draft = draft.place(ObjectRef::in_table(ObjectKind::Constraint, &table.name, &other.name), None);
    }
    if let Some(rows) = rows {
        draft = draft.evidence(format!("rows in {}", table.name), rows, "pg_class.reltuples");
    }
    if let Some(deleted) = context.stats.and_then(|s| s.table(&reference.table)).map(|t| t.deleted) {
        draft = draft.evidence(format!("rows deleted from {}", reference.table), deleted, "pg_stat_user_tables");
    }
    let indexes: Vec<&str> = table.indexes.iter().map(|i| i.name.as_str()).collect();
    let present = if indexes.is_empty() { "none".to_owned() } else { list(&indexes) };
    draft.evidence(format!("indexes of {}", table.name), present, "pg_index")
}

fn action(on_delete: ForeignKeyAction) -> String {
    match on_delete {
        ForeignKeyAction::NoAction | ForeignKeyAction::Restrict => String::new(),
        other => format!(" (ON DELETE {})", other.sql().to_uppercase()),
    }
}
