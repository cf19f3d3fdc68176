//! One of two catalogues, cut into pieces with the statements that make them.

use crate::generate::{GenerateOptions, Item, Writer, names_in, routine, words_in};
use architrave_model::catalog::{Catalog, Column, Constraint, Function, Index, Publication, Sequence, Table, Trigger, TypeDef, View};
use architrave_model::name::{QualifiedName, quote_ident};
use std::collections::{BTreeMap, BTreeSet};

/// A catalogue in pieces.
pub(super) struct Side<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) writer: Writer<'a>,
    /// Numbers of each piece's statements.
    pub(super) pieces: BTreeMap<Item, Vec<usize>>,
    /// What comments, owners and privileges name, and the piece behind it.
    subjects: BTreeMap<String, Item>,
}

impl<'a> Side<'a> {
    pub(super) fn new(catalog: &'a Catalog, options: &'a GenerateOptions) -> Self {
        let writer = Writer::of(catalog, options);
        let mut pieces: BTreeMap<Item, Vec<usize>> = BTreeMap::new();
        for (number, item) in writer.out.items.iter().enumerate() {
            pieces.entry(item.clone()).or_default().push(number);
        }
        Self { catalog, writer, pieces, subjects: subjects(catalog) }
    }

    pub(super) fn has(&self, item: &Item) -> bool {
        self.pieces.contains_key(item)
    }

    /// The statements of a piece.
    pub(super) fn statements(&self, item: &Item) -> Vec<&str> {
        let numbers = self.pieces.get(item).map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|n| self.writer.out.statements.get(*n)).map(String::as_str).collect()
    }

    /// The statements of a piece as one text.
    pub(super) fn text(&self, item: &Item) -> String {
        self.statements(item).join(";\n")
    }

    /// Names with a schema in the statements of a piece; the body of a function in quotes does not count: nothing hangs on it.
    pub(super) fn names(&self, item: &Item) -> BTreeSet<(String, String)> {
        self.statements(item).into_iter().flat_map(names_in).collect()
    }

    /// All words in the statements of a piece.
    pub(super) fn words(&self, item: &Item) -> BTreeSet<String> {
        self.statements(item).into_iter().flat_map(words_in).collect()
    }

    /// The piece behind `table s.t`.
    pub(super) fn subject(&self, target: &str) -> Option<&Item> {
        self.subjects.get(target)
    }

    pub(super) fn table(&self, name: &QualifiedName) -> Option<&'a Table> {
        self.catalog.table_named(name)
    }

    pub(super) fn column(&self, table: &QualifiedName, column: &str) -> Option<&'a Column> {
        self.table(table)?.column(column)
    }

    pub(super) fn view(&self, name: &QualifiedName) -> Option<&'a View> {
        self.catalog.views.iter().find(|v| v.name == *name)
    }

    pub(super) fn type_def(&self, name: &QualifiedName) -> Option<&'a TypeDef> {
        self.catalog.types.iter().find(|t| t.name == *name)
    }

    pub(super) fn sequence(&self, name: &QualifiedName) -> Option<&'a Sequence> {
        self.catalog.sequences.iter().find(|s| s.name == *name)
    }

    pub(super) fn function(&self, name: &QualifiedName, arguments: &str) -> Option<&'a Function> {
        self.catalog.functions.iter().find(|f| f.name == *name && f.identity_arguments == arguments)
    }

    pub(super) fn publication(&self, name: &str) -> Option<&'a Publication> {
        self.catalog.publications.iter().find(|p| p.name == name)
    }

    pub(super) fn constraint(&self, table: &QualifiedName, name: &str) -> Option<&'a Constraint> {
        self.table(table)?.constraints.iter().find(|c| c.name == name)
    }

    pub(super) fn index(&self, table: &QualifiedName, name: &str) -> Option<&'a Index> {
        match self.table(table) {
            Some(table) => table.index(name),
            None => self.view(table)?.indexes.iter().find(|i| i.name == name),
        }
    }

    pub(super) fn trigger(&self, table: &QualifiedName, name: &str) -> Option<&'a Trigger> {
        let triggers = self.table(table).map(|t| &t.triggers).or_else(|| self.view(table).map(|v| &v.triggers))?;
        triggers.iter().find(|t| t.name == name)
    }
}

/// What `COMMENT ON`, `ALTER … OWNER TO` and `GRANT … ON` name.
fn subjects(catalog: &Catalog) -> BTreeMap<String, Item> {
    let mut all = BTreeMap::new();
    for schema in &catalog.schemas {
        all.insert(format!("schema {}", quote_ident(&schema.name)), Item::Schema(schema.name.clone()));
    }
    for kind in &catalog.types {
        let item = Item::Type(kind.name.clone());
        all.insert(format!("type {}", kind.name.sql()), item.clone());
        all.insert(format!("domain {}", kind.name.sql()), item);
        if let architrave_model::catalog::TypeKind::Domain { constraints, .. } = &kind.kind {
            for constraint in constraints {
                let target = format!("constraint {} on domain {}", quote_ident(&constraint.name), kind.name.sql());
                all.insert(target, Item::DomainCheck(kind.name.clone(), constraint.name.clone()));
            }
        }
    }
    for sequence in &catalog.sequences {
        let item = match (&sequence.owned_by_table, sequence.identity) {
            (Some(table), true) => Item::Table(table.clone()),
            _ => Item::Sequence(sequence.name.clone()),
        };
        all.insert(format!("sequence {}", sequence.name.sql()), item);
    }
    for function in &catalog.functions {
        all.insert(routine(function), Item::Function(function.name.clone(), function.identity_arguments.clone()));
    }
    for table in &catalog.tables {
        of_table(table, &mut all);
    }
    for view in &catalog.views {
        let item = Item::View(view.name.clone());
        let name = view.name.sql();
        for what in ["view", "materialized view", "table"] {
            all.insert(format!("{what} {name}"), item.clone());
        }
        for column in &view.columns {
            all.insert(format!("column {name}.{}", quote_ident(&column.name)), item.clone());
        }
        of_parts(&view.name, &view.indexes, &view.triggers, &mut all);
    }
    for publication in &catalog.publications {
        all.insert(format!("publication {}", quote_ident(&publication.name)), Item::Publication(publication.name.clone()));
    }
    for trigger in &catalog.event_triggers {
        all.insert(format!("event trigger {}", quote_ident(&trigger.name)), Item::EventTrigger(trigger.name.clone()));
    }
    all
}

fn of_table(table: &Table, all: &mut BTreeMap<String, Item>) {
    let name = table.name.sql();
    let item = Item::Table(table.name.clone());
    all.insert(format!("table {name}"), item.clone());
    for column in &table.columns {
        all.insert(format!("column {name}.{}", quote_ident(&column.name)), item.clone());
    }
    for constraint in &table.constraints {
        let own = Item::Constraint(table.name.clone(), constraint.name.clone());
        all.insert(format!("constraint {} on {name}", quote_ident(&constraint.name)), own);
    }
    for policy in &table.policies {
        all.insert(format!("policy {} on {name}", quote_ident(&policy.name)), Item::Policy(table.name.clone(), policy.name.clone()));
    }
    for statistics in &table.statistics {
        let own = Item::Statistics(table.name.clone(), statistics.name.clone());
        all.insert(format!("statistics {}", statistics.name.sql()), own);
    }
    of_parts(&table.name, &table.indexes, &table.triggers, all);
}

fn of_parts(table: &QualifiedName, indexes: &[Index], triggers: &[Trigger], all: &mut BTreeMap<String, Item>) {
    for index in indexes {
        let item = match &index.constraint {
            Some(constraint) => Item::Constraint(table.clone(), constraint.clone()),
            None => Item::Index(table.clone(), index.name.clone()),
        };
        all.insert(format!("index {}", QualifiedName::new(&table.schema, &index.name).sql()), item);
    }
    for trigger in triggers {
        let item = Item::Trigger(table.clone(), trigger.name.clone());
        all.insert(format!("trigger {} on {}", quote_ident(&trigger.name), table.sql()), item);
    }
}
