//! Schemas for the tests: written in one line per table, or as large and as random as asked for.

use architrave_model::catalog::{
    Catalog, Column, Constraint, ConstraintKind, ForeignKeyAction, Index, IndexKey, MatchType, NullsOrder, Reference, Table,
};
use architrave_model::name::QualifiedName;
use architrave_model::platform::Platform;
use architrave_model::scope::Scope;
use architrave_model::stack::Stack;

/// Names that would break out of every format that has quotes.
pub(crate) const HOSTILE: &[&str] = &[
    "</script><script>alert(1)</script>",
    "quote\"s 'and' `ticks`",
    "line\nbreak\r\n%% comment",
    "emoji 🦀 {braces} [brackets] | pipe",
    "\\back\\slash; #quot; &amp; <b>",
    "\u{202e}reversed --> g1",
];

/// A column.
pub(crate) fn column(name: &str, data_type: &str, not_null: bool) -> Column {
    Column { name: name.into(), data_type: data_type.into(), not_null, ..Column::default() }
}

/// A table with a key `id`.
pub(crate) fn table(schema: &str, name: &str) -> Table {
    let mut table = Table { name: QualifiedName::new(schema, name), columns: vec![column("id", "bigint", true)], ..Table::default() };
    table.constraints.push(Constraint::plain(&format!("{name}_pkey"), ConstraintKind::PrimaryKey, &["id"]));
    let key = IndexKey {
        column: Some("id".into()),
        expression: None,
        operator_class: None,
        collation: None,
        descending: false,
        nulls: NullsOrder::Last,
    };
    table.indexes.push(Index { name: format!("{name}_pkey"), unique: true, primary: true, ..Index::plain("btree", vec![key]) });
    table
}

/// Adds a column that refers to another table; `?` at its end makes it nullable.
pub(crate) fn refer(table: &mut Table, column_name: &str, schema: &str, to: &str) {
    let (name, not_null) = column_name.strip_suffix('?').map_or((column_name, true), |name| (name, false));
    table.columns.push(column(name, "bigint", not_null));
    let reference = Reference {
        table: QualifiedName::new(schema, to),
        columns: vec!["id".into()],
        on_update: ForeignKeyAction::NoAction,
        on_delete: ForeignKeyAction::NoAction,
        match_type: MatchType::Simple,
    };
    let name = format!("{}_{name}_fkey", table.name.name);
    let columns = [table.columns.last().map_or("", |c| c.name.as_str()).to_owned()];
    let mut key = Constraint::plain(&name, ConstraintKind::ForeignKey, &[&columns[0]]);
    key.references = Some(reference);
    table.constraints.push(key);
}

/// `orders customer_id>customers note?:character_varying(20)` per line, all in `public`; `_` in a type is a space.
pub(crate) fn catalog(lines: &str) -> Catalog {
    let mut catalog = Catalog::default();
    for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let mut words = line.split_whitespace();
        let mut made = table("public", words.next().unwrap());
        for word in words {
            if let Some((name, to)) = word.split_once('>') {
                refer(&mut made, name, "public", to);
            } else if let Some((name, data_type)) = word.split_once(':') {
                let (name, not_null) = name.strip_suffix('?').map_or((name, true), |name| (name, false));
                made.columns.push(column(name, &data_type.replace('_', " "), not_null));
            }
        }
        catalog.tables.push(made);
    }
    catalog.sort();
    catalog
}

/// The scope that leaves nothing out.
pub(crate) fn scope(catalog: &Catalog) -> Scope<'_> {
    static NONE: std::sync::LazyLock<Stack> = std::sync::LazyLock::new(Stack::default);
    Scope::new(catalog, Platform::default(), &NONE)
}

/// Numbers that look random and are always the same.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// Below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

/// One hub that most refer to, modules of about 25 tables, 1.5 foreign keys per table, a few across modules.
pub(crate) fn large(tables: usize) -> Catalog {
    let mut dice = Dice(7);
    let mut catalog = Catalog::default();
    catalog.tables.push(table("public", "tenants"));
    for n in 1..tables {
        let (module, place) = (n / 25, n % 25);
        let name = |n: usize| {
            format!("m{:03}_{}", n / 25, ["account", "order", "line", "event", "rule"][n % 5].to_owned() + &(n % 25).to_string())
        };
        let mut made = table("public", &name(n));
        for at in 0..8 {
            made.columns.push(column(&format!("attribute_{at}"), ["text", "integer", "timestamp with time zone"][at % 3], at % 2 == 0));
        }
        if dice.below(10) < 6 {
            refer(&mut made, "tenant_id", "public", "tenants");
        }
        if place > 0 && n > 1 {
            let near = module * 25 + dice.below(place);
            if near > 0 {
                refer(&mut made, "parent_id?", "public", &name(near));
            }
        }
        if dice.below(10) == 0 && n > 1 {
            let far = 1 + dice.below(n - 1);
            refer(&mut made, "other_id", "public", &name(far));
        }
        catalog.tables.push(made);
    }
    catalog.sort();
    catalog
}
