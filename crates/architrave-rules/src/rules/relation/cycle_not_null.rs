//! `relation/cycle-not-null`: see `cycle_not_null.md` for the rule's page.

use crate::figures::list_of;
use crate::statements::lock;
use architrave_model::catalog::{Constraint, Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "relation/cycle-not-null",
    summary: "tables that each need a row of the other first",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("cycle_not_null.md"),
    check: Check::Catalog(check),
};

/// A foreign key that a row cannot do without and that is checked at once.
struct Edge<'a> {
    from: &'a Table,
    to: &'a QualifiedName,
    key: &'a Constraint,
}

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut edges: Vec<Edge<'_>> = Vec::new();
    for table in Scope::of(catalog, context).tables() {
        for (key, reference) in table.foreign_keys().filter(|(k, _)| k.enforced && !k.inherited && !k.deferrable) {
            let needed = key.columns.iter().all(|c| table.column(c).is_some_and(|c| c.not_null));
            if needed && reference.table != table.name {
                edges.push(Edge { from: table, to: &reference.table, key });
            }
        }
    }
    while let Some(cycle) = cycle(&edges) {
        sink.report(draft(&cycle, &edges));
        // One finding per entanglement: what else holds these tables together comes to light once this is mended.
        let inside: BTreeSet<QualifiedName> = cycle.iter().map(|e| e.from.name.clone()).collect();
        edges.retain(|e| !inside.contains(&e.from.name) || !inside.contains(e.to));
    }
}

/// The edges of one circle. Tables that need nobody (any more) are peeled off until only such are left as need one another.
fn cycle<'e, 'a>(edges: &'e [Edge<'a>]) -> Option<Vec<&'e Edge<'a>>> {
    let mut needs: BTreeMap<&QualifiedName, usize> = BTreeMap::new();
    let mut needed_by: BTreeMap<&QualifiedName, Vec<&QualifiedName>> = BTreeMap::new();
    for edge in edges {
        *needs.entry(&edge.from.name).or_default() += 1;
        needed_by.entry(edge.to).or_default().push(&edge.from.name);
    }
    let mut free: Vec<&QualifiedName> = needed_by.keys().copied().filter(|t| !needs.contains_key(*t)).collect();
    while let Some(table) = free.pop() {
        for child in needed_by.get(table).into_iter().flatten() {
            if let Some(count) = needs.get_mut(*child) {
                *count -= 1;
                if *count == 0 {
                    needs.remove(*child);
                    free.push(child);
                }
            }
        }
    }
    // Every table that is left needs another one that is left: walking on must come back.
    let mut next: BTreeMap<&QualifiedName, &'e Edge<'a>> = BTreeMap::new();
    for edge in edges.iter().filter(|e| needs.contains_key(&e.from.name) && needs.contains_key(e.to)) {
        next.entry(&edge.from.name).or_insert(edge);
    }
    let mut at = *next.keys().next()?;
    let (mut path, mut step): (Vec<&'e Edge<'a>>, BTreeMap<&QualifiedName, usize>) = (Vec::new(), BTreeMap::new());
    loop {
        if let Some(start) = step.get(at) {
            return Some(path.split_off(*start));
        }
        let edge = next.get(at)?;
        step.insert(at, path.len());
        path.push(edge);
        at = edge.to;
    }
}

fn draft(cycle: &[&Edge<'_>], edges: &[Edge<'_>]) -> Draft {
    let first = cycle.iter().map(|e| &e.from.name).min();
    let start = cycle.iter().position(|e| Some(&e.from.name) == first).unwrap_or(0);
    let ordered: Vec<&Edge<'_>> = cycle.iter().cycle().skip(start).take(cycle.len()).copied().collect();
    let names: Vec<String> = ordered.iter().map(|e| e.from.name.to_string()).collect();
    let message = format!("{} need each other's rows first: no key of the circle may be null or wait", list_of(&names, 5));
    let why = "A row of each table needs a row of the next one, at once. The first row of any of them is therefore refused; only one statement that writes into all of them (a data-modifying WITH) gets in. Imports and dumps of data only \
               cannot be loaded in any order, and rows that refer to each other cannot be deleted one by one."
        .to_owned();
    let object = ordered.first().map_or_else(
        || ObjectRef::global(ObjectKind::Schema, "public"),
        |e| ObjectRef::in_table(ObjectKind::Constraint, &e.from.name, &e.key.name),
    );
    let mut draft = Draft::new(object, message, why);
    for edge in &ordered {
        draft = draft.evidence(format!("{} on {}", edge.key.name, edge.from.name), edge.key.definition.as_str(), "pg_constraint");
    }
    for edge in ordered.iter().skip(1) {
        draft = draft.place(ObjectRef::in_table(ObjectKind::Constraint, &edge.from.name, &edge.key.name), None);
    }
    match ordered.iter().find(|e| breaks_all(e, edges)) {
        Some(edge) => draft.fix(fix(edge)),
        None => draft,
    }
}

/// Whether nothing but this key holds its table on a circle with these others.
fn breaks_all(edge: &Edge<'_>, edges: &[Edge<'_>]) -> bool {
    let alone = edges.iter().filter(|e| e.from.name == edge.from.name && e.to == edge.to).count() == 1;
    alone && edge.from.kind == TableKind::Ordinary
}

fn fix(edge: &Edge<'_>) -> Fix {
    let (sql, name) = (edge.from.name.sql(), quote_ident(&edge.key.name));
    Fix {
        title: format!("let {} wait until the end of the transaction", edge.key.name),
        up: vec![format!("alter table {sql} alter constraint {name} deferrable initially deferred")],
        down: vec![format!("alter table {sql} alter constraint {name} not deferrable")],
        transactional: true,
        effect: Effect {
            locks: vec![lock(&edge.from.name, "AccessExclusiveLock"), lock(edge.to, "AccessExclusiveLock")],
            ..Effect::default()
        },
        caution: Some("a row without its parent is then refused at COMMIT only; where one of the columns may be null for a moment, dropping NOT NULL is the other way".to_owned()),
    }
}
