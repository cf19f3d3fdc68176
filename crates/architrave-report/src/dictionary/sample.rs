//! Dictionaries to print in tests: a small shop, and one whose every name is hostile.

use super::entry::{
    Check, Code, Column, ColumnFigures, Coverage, Dictionary, EnumType, ForeignKey, Function, Index, Place, Policy, Referenced, Relation,
    RelationKind, Schema, Trigger, Unique, Use,
};
use architrave_model::name::QualifiedName;

/// A shop with an enumerated type, a view and a foreign key.
pub(crate) fn shop() -> Dictionary {
    named("shop", "public", "orders", "customers", "A comment.\nOf two lines.")
}

/// Names that break quotes, tables, links, elements and terminals.
pub(crate) fn hostile() -> Dictionary {
    let mut dictionary = named(
        "a\"</script><img src=x onerror=alert(1)>",
        "we\"ird | schema",
        "Orders</script>\n`|`",
        "orders",
        "=cmd|' /C calc'!A0\n| <script>alert(1)</script> `x` [l](http://x)",
    );
    for name in ["ORDERS", "con", "README", "💥", "../../etc/passwd", "\u{202e}drawkcab", "a'b", "x y", "statistics", "]("] {
        dictionary.schemas[0].relations.push(Relation { name: QualifiedName::new("we\"ird | schema", name), ..Relation::default() });
    }
    dictionary.schemas.push(Schema { name: "WE\"IRD | schema".into(), ..Schema::default() });
    dictionary
}

#[expect(clippy::too_many_lines, reason = "one value, written down field by field")]
fn named(name: &str, schema: &str, table: &str, other: &str, text: &str) -> Dictionary {
    let (orders, customers) = (QualifiedName::new(schema, table), QualifiedName::new(schema, other));
    let state = QualifiedName::new(schema, format!("{table} state"));
    let key = Column {
        ordinal: 1,
        name: "id".into(),
        data_type: "bigint".into(),
        nullable: Some(false),
        made: Some("identity always"),
        primary_key: true,
        ..Column::default()
    };
    let columns = vec![
        key.clone(),
        Column {
            ordinal: 2,
            name: text.into(),
            data_type: state.sql(),
            nullable: Some(true),
            default: Some(format!("'{text}'")),
            references: vec![(customers.clone(), "id".into())],
            indexes: vec![table.into()],
            comment: Some(text.into()),
            figures: Some(ColumnFigures { null_share: 0.25, distinct: Some(12.0) }),
            uses: vec![Use { path: text.into(), line: 3, kind: "SQL" }],
            ..Column::default()
        },
    ];
    let relation = Relation {
        name: orders.clone(),
        comment: Some(text.into()),
        columns,
        primary_key: vec!["id".into()],
        unique: vec![Unique { name: text.into(), columns: vec![text.into()], comment: None }],
        foreign_keys: vec![ForeignKey {
            name: text.into(),
            columns: vec![text.into()],
            table: customers.clone(),
            referenced: vec!["id".into()],
            ..ForeignKey::default()
        }],
        checks: vec![Check { name: text.into(), definition: text.into(), comment: Some(text.into()), ..Check::default() }],
        indexes: vec![Index {
            name: table.into(),
            method: "btree".into(),
            keys: vec![text.into()],
            predicate: Some(text.into()),
            ..Index::default()
        }],
        policies: vec![Policy {
            name: text.into(),
            command: "select",
            roles: vec![text.into()],
            using: Some(text.into()),
            ..Policy::default()
        }],
        triggers: vec![Trigger {
            name: text.into(),
            when: "before insert, each row".into(),
            function: orders.clone(),
            ..Trigger::default()
        }],
        read_by: vec![QualifiedName::new(schema, "v")],
        source: Some(Place { path: text.into(), line: 7 }),
        uses: vec![Use { path: text.into(), line: 3, kind: "SQL" }],
        ..Relation::default()
    };
    let referenced_by = vec![Referenced { table: orders.clone(), columns: vec![text.into()], name: text.into(), actions: String::new() }];
    let target =
        Relation { name: customers.clone(), columns: vec![key], primary_key: vec!["id".into()], referenced_by, ..Relation::default() };
    let view = view(schema, &orders, text);
    let mut relations = vec![relation, target, view];
    relations.sort_by(|a, b| a.name.cmp(&b.name));
    let own = Schema {
        name: schema.into(),
        comment: Some(text.into()),
        coverage: Coverage { relations: 3, relations_with: 1, columns: 4, columns_with: 1 },
        relations,
        enums: vec![EnumType {
            name: state.name,
            labels: vec!["open".into(), text.into()],
            used_by: vec![text.into()],
            comment: Some(text.into()),
            source: None,
        }],
        functions: vec![Function {
            signature: text.into(),
            kind: "function",
            language: "sql".into(),
            volatility: "stable",
            security_definer: true,
            triggers_of: vec![orders],
            comment: Some(text.into()),
            ..Function::default()
        }],
        ..Schema::default()
    };
    Dictionary {
        name: name.into(),
        server: "PostgreSQL 15".into(),
        code: Some(Code { files: 3, limits: "limits".into() }),
        schemas: vec![own],
        gaps: vec![text.into()],
        ..Dictionary::default()
    }
}

fn view(schema: &str, orders: &QualifiedName, text: &str) -> Relation {
    Relation {
        name: QualifiedName::new(schema, "v"),
        kind: RelationKind::View,
        definition: Some(format!("select 1 -- {text}\n```")),
        reads: vec![orders.clone()],
        columns: vec![Column { ordinal: 1, name: text.into(), data_type: "text".into(), ..Column::default() }],
        ..Relation::default()
    }
}
