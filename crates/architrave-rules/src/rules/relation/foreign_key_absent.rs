//! `relation/foreign-key-absent`: see `foreign_key_absent.md` for the rule's page.

use super::referring_names::{Targets, stem};
use crate::coverage::serves_equality;
use crate::figures::{counted, list_of};
use crate::new_index::create_index;
use crate::rules::column::words_of;
use crate::statements::{Names, lock};
use architrave_model::catalog::{Column, Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "relation/foreign-key-absent",
    summary: "columns that name another table and its key, without a foreign key",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("foreign_key_absent.md"),
    check: Check::Catalog(check),
};

/// More columns at once are a decision about the schema, not a statement to run.
const MOST_FIXED: usize = 8;
/// Tables that outlive what they speak of.
const OUTLIVES: &[&str] = &[
    "activities",
    "activity",
    "archive",
    "archived",
    "archives",
    "audit",
    "audits",
    "backup",
    "cache",
    "deleted",
    "delivery",
    "event",
    "events",
    "history",
    "import",
    "imports",
    "job",
    "jobs",
    "journal",
    "log",
    "logs",
    "metrics",
    "old",
    "outbox",
    "queue",
    "snapshot",
    "snapshots",
    "staging",
    "stats",
    "temp",
    "tmp",
    "version",
    "versions",
    "webhook",
    "webhooks",
];

/// Column, its table, and the table that it names.
type Place<'a> = (&'a Table, &'a Column, &'a Table);

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let targets = Targets::of(scope.tables());
    let mut by_schema: BTreeMap<&str, (Vec<Place<'_>>, usize)> = BTreeMap::new();
    for table in scope.tables() {
        let (places, declared) = by_schema.entry(&table.name.schema).or_default();
        let referring: BTreeSet<&str> = table.foreign_keys().flat_map(|(k, _)| &k.columns).map(String::as_str).collect();
        *declared += referring.len();
        if words_of(&table.name.name).iter().any(|w| OUTLIVES.contains(&w.as_str())) {
            continue;
        }
        for column in table.columns.iter().filter(|c| !c.inherited && c.generated.is_none() && !referring.contains(c.name.as_str())) {
            if let Some(parent) = named_parent(&targets, table, column) {
                places.push((table, column, parent));
            }
        }
    }
    let mut names = None;
    for (schema, (places, declared)) in by_schema.iter().filter(|(_, (places, _))| !places.is_empty()) {
        let draft = draft(schema, places, *declared);
        let names = names.get_or_insert_with(|| Names::of(catalog));
        sink.report(match fix(catalog, names, context, places) {
            Some(fix) => draft.fix(fix),
            None => draft,
        });
    }
}

/// The table of the same schema whose name stands before `_id`, with a key of one column of the very same type.
fn named_parent<'a>(targets: &Targets<'a>, table: &Table, column: &Column) -> Option<&'a Table> {
    let stem = stem(column)?;
    let parent = targets.named(&table.name.schema, &stem).filter(|p| p.name != table.name)?;
    let [key] = parent.primary_key()?.columns.as_slice() else { return None };
    let key = parent.column(key)?;
    let named_id = key.name.eq_ignore_ascii_case("id") || key.name == column.name;
    // Its own key, a polymorphic pair, and a column that makes its values itself refer to nothing.
    let own = table.primary_key().is_some_and(|k| k.columns == [column.name.clone()]) || column.takes_from_sequence();
    let kind = format!("{}_type", stem.join("_"));
    let polymorphic = table.columns.iter().any(|c| words_of(&c.name).join("_") == kind);
    (named_id && key.data_type == column.data_type && !own && !polymorphic).then_some(parent)
}

fn draft(schema: &str, places: &[Place<'_>], declared: usize) -> Draft {
    let names: Vec<String> = places.iter().map(|(t, c, p)| format!("{}.{} ({})", t.name.name, c.name, p.name.name)).collect();
    let one = places.len() == 1;
    let message = format!(
        "{} of schema {schema} {} another table's key and {} no foreign key: {}",
        counted(places.len(), "column", "columns"),
        if one { "names" } else { "name" },
        if one { "has" } else { "have" },
        list_of(&names, 3)
    );
    let all = if declared == 0 {
        " No column of the schema has one: where that was decided (a platform without foreign keys), the program has to do all of it."
    } else {
        ""
    };
    let why = format!(
        "By name and type these are references, and nothing holds them: a parent can be deleted under its children, a wrong number is stored without an error, and inner joins lose the rows in silence. The planner, too, estimates joins \
         better along a foreign key.{all}"
    );
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why)
        .severity(if declared == 0 { Severity::Info } else { RULE.severity })
        .evidence("columns with a foreign key", declared, "pg_constraint");
    for (table, column, parent) in places {
        draft = draft.place(ObjectRef::column(&table.name, &column.name), Some(format!("{} of {}", column.data_type, parent.name)));
    }
    draft
}

fn fix(catalog: &Catalog, names: &mut Names<'_>, context: &Context<'_>, places: &[Place<'_>]) -> Option<Fix> {
    let whole = places.iter().any(|(t, _, p)| t.kind != TableKind::Ordinary || p.kind != TableKind::Ordinary);
    if places.len() > MOST_FIXED || whole {
        return None;
    }
    let (mut up, mut down, mut effect) = (Vec::new(), Vec::new(), Effect::default());
    for (table, column, parent) in places {
        let columns = std::slice::from_ref(&column.name);
        let (sql, key) = (table.name.sql(), quote_ident(&names.free(&table.name.schema, &table.name.name, columns, "fkey")));
        if !table.indexes.iter().any(|i| serves_equality(i, columns)) {
            let index = create_index(catalog, names, context, table, columns);
            up.extend(index.up);
            down.extend(index.down);
            effect.bytes = effect.bytes.or(index.effect.bytes);
        }
        up.push(format!(
            "alter table {sql} add constraint {key} foreign key ({}) references {} not valid",
            quote_ident(&column.name),
            parent.name.sql()
        ));
        up.push(format!("alter table {sql} validate constraint {key}"));
        down.insert(0, format!("alter table {sql} drop constraint {key}"));
        effect.locks.extend([lock(&table.name, "ShareRowExclusiveLock"), lock(&parent.name, "ShareRowExclusiveLock")]);
        effect.scans.push(table.name.to_string());
    }
    effect.locks.sort();
    effect.locks.dedup();
    Some(Fix {
        title: format!("add {}", counted(places.len(), "foreign key", "foreign keys")),
        up,
        down,
        transactional: false,
        effect,
        caution: Some("VALIDATE fails where a row has no parent: look for such rows first, and decide for each key what a delete of the parent is to do".to_owned()),
    })
}
