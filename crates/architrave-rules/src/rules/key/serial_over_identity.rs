//! `key/serial-over-identity`: see `serial_over_identity.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::relations::owned_sequences;
use crate::statements::{Names, lock};
use architrave_model::catalog::{Column, Sequence, Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident, quote_literal};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "key/serial-over-identity",
    summary: "serial column where an identity column would do",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("serial_over_identity.md"),
    check: Check::Catalog(check),
};

/// A column with the sequence that `serial` made for it.
type Serial<'a> = (&'a Table, &'a Column, &'a Sequence);

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let owned = owned_sequences(catalog);
    let mut users: BTreeMap<&str, usize> = BTreeMap::new();
    for default in catalog.tables.iter().flat_map(|t| &t.columns).filter(|c| !c.inherited).filter_map(|c| c.default.as_deref()) {
        *users.entry(default).or_default() += 1;
    }
    let shared = |c: &Column| c.default.as_deref().and_then(|d| users.get(d)).is_some_and(|n| *n > 1);
    let mut by_schema: BTreeMap<&str, Vec<Serial<'_>>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        // Partitioned tables take identity columns from version 17.
        if table.kind == TableKind::Partitioned && context.server.major() < 17 {
            continue;
        }
        for column in table.columns.iter().filter(|c| !c.inherited && c.identity.is_none() && c.takes_from_sequence() && !shared(c)) {
            if let Some(sequence) = owned.get(&(&table.name, column.name.as_str())).filter(|s| !s.identity) {
                by_schema.entry(&table.name.schema).or_default().push((table, column, sequence));
            }
        }
    }
    let mut names = Names::of(catalog);
    for (schema, columns) in by_schema {
        sink.report(draft(&mut names, schema, &columns));
    }
}

fn draft(names: &mut Names<'_>, schema: &str, columns: &[Serial<'_>]) -> Draft {
    let places: Vec<String> = columns.iter().map(|(t, c, _)| format!("{}.{}", t.name.name, c.name)).collect();
    let are = counted(columns.len(), "column of schema", "columns of schema");
    let message = format!("{are} {schema} {} serial: {}", if columns.len() == 1 { "is" } else { "are" }, list_of(&places, 3));
    let why = "A serial column is a default on a sequence that lives a life of its own: whoever inserts needs USAGE on the sequence besides INSERT on the table, a copied table keeps \
               drawing from the original's sequence, and the default can be lost or overwritten without a word. An identity column says what is meant, in the standard's words, and its \
               sequence comes and goes with it."
        .to_owned();
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why);
    for (table, column, sequence) in columns {
        draft = draft
            .place(ObjectRef::column(&table.name, &column.name), Some(format!("{}, sequence {}", column.data_type, sequence.name.name)));
    }
    draft.fix(fix(names, schema, columns))
}

fn fix(names: &mut Names<'_>, schema: &str, columns: &[Serial<'_>]) -> Fix {
    let (mut up, mut down, mut locks) = (Vec::new(), Vec::new(), Vec::new());
    for (table, column, sequence) in columns {
        let aside = names.free(&sequence.name.schema, &sequence.name.name, &[], "old");
        up.extend(to_identity(table, column, sequence, &aside));
        down.extend(to_serial(table, column, sequence, &aside));
        locks.push(lock(&table.name, "AccessExclusiveLock"));
    }
    locks.dedup();
    Fix {
        title: format!("turn the serial columns of schema {schema} into identity columns"),
        up,
        down,
        transactional: true,
        effect: Effect { locks, ..Effect::default() },
        caution: Some("code that calls nextval() on one of these sequences by name goes on to work: the name and the next value stay; privileges granted on the sequence itself do not".into()),
    }
}

/// A value for `nextval` and its like.
fn regclass(name: &QualifiedName) -> String {
    quote_literal(&name.sql())
}

fn options(sequence: &Sequence) -> String {
    let mut options = String::new();
    if sequence.increment != 1 {
        options.extend([format!(" increment {}", sequence.increment)]);
    }
    if sequence.cache > 1 {
        options.extend([format!(" cache {}", sequence.cache)]);
    }
    options
}

fn to_identity(table: &Table, column: &Column, sequence: &Sequence, aside: &str) -> Vec<String> {
    let (sql, name) = (table.name.sql(), quote_ident(&column.name));
    let old = QualifiedName::new(&sequence.name.schema, aside);
    let mut up = vec![format!("alter table {sql} alter column {name} drop default")];
    if !column.not_null {
        up.push(format!("alter table {sql} alter column {name} set not null"));
    }
    up.push(format!("alter sequence {} rename to {}", sequence.name.sql(), quote_ident(aside)));
    up.push(format!(
        "alter table {sql} alter column {name} add generated by default as identity (sequence name {}{})",
        sequence.name.sql(),
        options(sequence)
    ));
    up.push(format!("select setval({}, nextval({}), false)", regclass(&sequence.name), regclass(&old)));
    up.push(format!("drop sequence {}", old.sql()));
    up
}

fn to_serial(table: &Table, column: &Column, sequence: &Sequence, aside: &str) -> Vec<String> {
    let (sql, name) = (table.name.sql(), quote_ident(&column.name));
    let old = QualifiedName::new(&sequence.name.schema, aside);
    let mut down = vec![
        format!("create sequence {} as {}{}", old.sql(), sequence.data_type, options(sequence)),
        format!("select setval({}, nextval({}), false)", regclass(&old), regclass(&sequence.name)),
        format!("alter table {sql} alter column {name} drop identity"),
        format!("alter sequence {} rename to {}", old.sql(), quote_ident(&sequence.name.name)),
        format!("alter sequence {} owned by {sql}.{name}", sequence.name.sql()),
        format!("alter table {sql} alter column {name} set default nextval({}::regclass)", regclass(&sequence.name)),
    ];
    if !column.not_null {
        down.push(format!("alter table {sql} alter column {name} drop not null"));
    }
    down
}
