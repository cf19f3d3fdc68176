//! CREATE TABLE and ALTER TABLE, subcommand by subcommand.

use super::{Reader, cascades, child, draft, has_child, if_exists, if_not_exists, last, last_in};
use crate::ddl::syntax;
use architrave_model::migration::{Action, Target};
use architrave_model::name::{ObjectKind, ObjectRef, QualifiedName};
use squawk_syntax::SyntaxKind::*;
use squawk_syntax::SyntaxNode;

/// CREATE TABLE, CREATE FOREIGN TABLE.
pub(super) fn create(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let (mut columns, mut constraints) = (Vec::new(), Vec::new());
    for argument in child(node, TABLE_ARG_LIST).into_iter().flat_map(|l| l.children().collect::<Vec<_>>()) {
        if argument.kind() == COLUMN {
            columns.push(draft::column(reader, &argument));
        } else if let Some(constraint) = draft::constraint(reader, &argument, None) {
            constraints.push(constraint);
        }
    }
    let partition_of = child(node, PARTITION_OF).and_then(|p| child(&p, TABLE_NAME_REF)).map(|t| reader.relation(&t));
    create_as(reader, node, false);
    if let Some(Action::CreateTable { columns: c, constraints: k, partition_of: p, .. }) = reader.found.last_mut() {
        (*c, *k, *p) = (columns, constraints, partition_of);
    }
}

/// CREATE TABLE AS, SELECT INTO.
pub(super) fn create_as(reader: &mut Reader<'_>, node: &SyntaxNode, as_query: bool) {
    let around = child(node, INTO_CLAUSE).unwrap_or_else(|| node.clone());
    let Some(name) = child(&around, TABLE_NAME) else { return };
    let mut table = reader.new_name(&name);
    let temporary = has_child(&around, TEMP) || table.schema == "pg_temp";
    if temporary {
        "pg_temp".clone_into(&mut table.schema);
    }
    reader.push(Action::CreateTable {
        table,
        if_not_exists: if_not_exists(node),
        columns: Vec::new(),
        constraints: Vec::new(),
        partition_of: None,
        temporary,
        as_query,
    });
}

/// ALTER TABLE, ALTER FOREIGN TABLE, ALTER VIEW, ALTER MATERIALIZED VIEW.
pub(super) fn alter(reader: &mut Reader<'_>, node: &SyntaxNode, kind: ObjectKind) {
    let Some(name) = node.children().find(|c| matches!(c.kind(), TABLE_RELATION_NAME | TABLE_NAME_REF | RELATION_NAME | VIEW_REF)) else {
        reader.push(Action::Other { what: "alter all in tablespace".to_owned() });
        return;
    };
    let table = reader.target(&name, if_exists(node));
    let start = name.text_range().end();
    for action in node.children().filter(|c| c.text_range().start() >= start) {
        let action = subcommand(reader, &action, &table, kind);
        reader.push(action);
    }
}

fn subcommand(reader: &Reader<'_>, node: &SyntaxNode, table: &Target, kind: ObjectKind) -> Action {
    if let Some(action) = column_or_constraint(reader, node, table) {
        return action;
    }
    if let Some(action) = of_storage(node, table) {
        return action;
    }
    let table = table.clone();
    let object = || ObjectRef::in_schema(kind, &table.name.schema, &table.name.name);
    let other_table = || child(node, TABLE_NAME_REF).map(|t| reader.relation(&t)).unwrap_or_default();
    match node.kind() {
        TABLE_RENAME_TO | VIEW_RENAME_TO => Action::RenameTable { to: node.children().next().map(|n| last(&n)).unwrap_or_default(), table },
        SET_SCHEMA => Action::SetSchema { object: object(), schema: last_in(node, SCHEMA_REF).unwrap_or_default() },
        OWNER_TO => Action::OwnerTo { object: object(), owner: role(node) },
        ATTACH_PARTITION => Action::AttachPartition { partition: other_table(), default: has_child(node, PARTITION_DEFAULT), table },
        DETACH_PARTITION => Action::DetachPartition {
            partition: other_table(),
            concurrently: has_child(node, DETACH_CONCURRENTLY),
            finalize: has_child(node, DETACH_FINALIZE),
            table,
        },
        INHERIT_TABLE | NO_INHERIT_TABLE => Action::Inherit { parent: other_table(), no: node.kind() == NO_INHERIT_TABLE, table },
        REPLICA_IDENTITY => Action::ReplicaIdentity { what: syntax::words(node).split_off(2).join(" "), table },
        ENABLE_RLS => Action::RowSecurity { table, enable: Some(true), force: None },
        DISABLE_RLS => Action::RowSecurity { table, enable: Some(false), force: None },
        FORCE_RLS => Action::RowSecurity { table, enable: None, force: Some(true) },
        NO_FORCE_RLS => Action::RowSecurity { table, enable: None, force: Some(false) },
        ENABLE_TRIGGER | ENABLE_ALWAYS_TRIGGER | ENABLE_REPLICA_TRIGGER => switch(node, table, true),
        DISABLE_TRIGGER => switch(node, table, false),
        ALTER_VIEW_COLUMN => Action::SetOptions { table, options: vec!["default".to_owned()] },
        _ => Action::Other { what: format!("alter table {}", syntax::words(node).into_iter().take(2).collect::<Vec<_>>().join(" ")) },
    }
}

fn switch(node: &SyntaxNode, table: Target, enable: bool) -> Action {
    let what = match node.children().next() {
        Some(n) if n.kind() == TRIGGER_REF => last(&n),
        Some(n) => syntax::words(&n).concat().to_uppercase(),
        None => String::new(),
    };
    Action::SwitchTrigger { table, what, enable }
}

/// The role of OWNER TO.
pub(super) fn role(node: &SyntaxNode) -> String {
    child(node, ROLE_REF).map(|r| role_name(&r)).unwrap_or_default()
}

/// A role's name; CURRENT_USER and its kind as words.
pub(super) fn role_name(reference: &SyntaxNode) -> String {
    child(reference, ROLE_NAME_REF).map_or_else(|| syntax::words(reference).join(" "), |n| syntax::name_of(&n))
}

fn column_or_constraint(reader: &Reader<'_>, node: &SyntaxNode, table: &Target) -> Option<Action> {
    let table = table.clone();
    let constraint = || last_in(node, CONSTRAINT_NAME_REF).unwrap_or_default();
    Some(match node.kind() {
        ADD_COLUMN => Action::AddColumn { table, column: draft::column(reader, node), if_not_exists: if_not_exists(node) },
        DROP_COLUMN => Action::DropColumn {
            table,
            column: last_in(node, COLUMN_NAME_REF).unwrap_or_default(),
            if_exists: if_exists(node),
            cascade: cascades(node),
        },
        RENAME_COLUMN => Action::RenameColumn {
            table,
            from: last_in(node, COLUMN_NAME_REF).unwrap_or_default(),
            to: last_in(node, COLUMN_NAME).unwrap_or_default(),
        },
        ALTER_COLUMN => {
            let column = last_in(node, COLUMN_NAME_REF).unwrap_or_default();
            return node.children().find(|c| c.kind() != COLUMN_NAME_REF).map(|option| alter_column(table, column, &option));
        }
        ADD_CONSTRAINT => {
            let draft = node.children().find_map(|c| draft::constraint(reader, &c, None))?;
            Action::AddConstraint { table, constraint: draft }
        }
        VALIDATE_CONSTRAINT => Action::ValidateConstraint { table, name: constraint() },
        DROP_CONSTRAINT => Action::DropConstraint { table, name: constraint(), if_exists: if_exists(node), cascade: cascades(node) },
        ALTER_CONSTRAINT => {
            let enforced = if has_child(node, NOT_ENFORCED) { Some(false) } else { has_child(node, ENFORCED).then_some(true) };
            Action::AlterConstraint { table, name: constraint(), enforced }
        }
        RENAME_CONSTRAINT => Action::RenameConstraint { table, from: constraint(), to: last_in(node, CONSTRAINT_NAME).unwrap_or_default() },
        _ => return None,
    })
}

fn alter_column(table: Target, column: String, option: &SyntaxNode) -> Action {
    let expression = || draft::expression(option);
    let named = |options: &[&str]| options.iter().map(|o| (*o).to_owned()).collect();
    match option.kind() {
        SET_TYPE => Action::SetType {
            type_text: option.children().find(is_type).map(|t| draft::type_text(&t)).unwrap_or_default(),
            using: child(option, USING_EXPR).and_then(|u| draft::expression(&u)).map(|e| syntax::plain_text(&e)),
            collation: has_child(option, COLLATE),
            table,
            column,
        },
        SET_DEFAULT => Action::SetDefault { default: expression().map(|e| draft::default(&e)).unwrap_or_default(), table, column },
        DROP_DEFAULT => Action::DropDefault { table, column },
        SET_NOT_NULL => Action::SetNotNull { table, column },
        DROP_NOT_NULL => Action::DropNotNull { table, column },
        ADD_GENERATED => Action::AlterIdentity { table, column, add: true, drop: false },
        DROP_IDENTITY => Action::AlterIdentity { table, column, add: false, drop: true },
        SET_GENERATED | SET_GENERATED_OPTIONS | SET_SEQUENCE_OPTION | RESTART => {
            Action::AlterIdentity { table, column, add: false, drop: false }
        }
        SET_EXPRESSION => Action::SetExpression { table, column },
        DROP_EXPRESSION => Action::DropExpression { table, column },
        SET_STATISTICS => Action::SetOptions { table, options: named(&["statistics"]) },
        SET_STORAGE => Action::SetOptions { table, options: named(&["storage"]) },
        SET_COMPRESSION => Action::SetOptions { table, options: named(&["compression"]) },
        SET_OPTIONS | RESET_OPTIONS | SET_OPTIONS_LIST => Action::SetOptions { table, options: option_names(option) },
        _ => Action::Other { what: format!("alter column {}", syntax::words(option).into_iter().take(2).collect::<Vec<_>>().join(" ")) },
    }
}

fn is_type(node: &SyntaxNode) -> bool {
    use squawk_syntax::ast::{AstNode, Type};
    Type::can_cast(node.kind())
}

/// Names in `SET (…)`, `toast.` kept.
pub(super) fn option_names(node: &SyntaxNode) -> Vec<String> {
    let options = node.descendants().filter(|d| d.kind() == ATTRIBUTE_OPTION);
    options
        .map(|o| {
            let own = last_in(&o, ATTRIBUTE_NAME).unwrap_or_default();
            last_in(&o, ATTRIBUTE_NAMESPACE).map_or(own.clone(), |space| format!("{space}.{own}"))
        })
        .collect()
}

fn of_storage(node: &SyntaxNode, table: &Target) -> Option<Action> {
    let table = table.clone();
    let storage = |what: &str| Action::SetStorageOf { table: table.clone(), what: what.to_owned() };
    let option = |names: Vec<String>| Action::SetOptions { table: table.clone(), options: names };
    Some(match node.kind() {
        SET_LOGGED => storage("SET LOGGED"),
        SET_UNLOGGED => storage("SET UNLOGGED"),
        SET_ACCESS_METHOD => storage("SET ACCESS METHOD"),
        SET_TABLESPACE => storage("SET TABLESPACE"),
        SET_WITHOUT_OIDS => storage("SET WITHOUT OIDS"),
        SET_OPTIONS | RESET_OPTIONS => option(option_names(node)),
        CLUSTER_ON => option(vec!["cluster on".to_owned()]),
        SET_WITHOUT_CLUSTER => option(vec!["without cluster".to_owned()]),
        ALTER_OPTION_LIST | OPTION_ITEM_LIST => option(vec!["options".to_owned()]),
        _ => return None,
    })
}

/// CREATE INDEX.
pub(super) fn create_index(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let Some(relation) = child(node, TABLE_RELATION_NAME) else { return };
    let table = reader.target(&relation, false);
    let items = child(node, PARTITION_ITEM_LIST).into_iter().flat_map(|l| l.children().collect::<Vec<_>>());
    let columns =
        items.filter_map(|i| i.first_child()).map(|e| if e.kind() == NAME_REF { last(&e) } else { syntax::plain_text(&e) }).collect();
    reader.push(Action::CreateIndex {
        index: last_in(node, INDEX).map(|name| QualifiedName::new(&table.name.schema, name)),
        table,
        unique: syntax::has(node, UNIQUE_KW),
        concurrently: syntax::has(node, CONCURRENTLY_KW),
        if_not_exists: if_not_exists(node),
        method: child(node, USING_METHOD).and_then(|u| last_in(&u, ACCESS_METHOD_REF)).unwrap_or_else(|| "btree".to_owned()),
        columns,
        partial: has_child(node, WHERE_CLAUSE) || has_child(node, WHERE_CONDITION_CLAUSE),
    });
}

/// ALTER INDEX.
pub(super) fn alter_index(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let Some(reference) = child(node, INDEX_REF) else {
        reader.push(Action::Other { what: "alter index all in tablespace".to_owned() });
        return;
    };
    let index = reader.relation(&reference);
    reader.push(Action::AlterIndex {
        index,
        attach: child(node, ATTACH_INDEX_PARTITION).and_then(|a| child(&a, INDEX_REF)).map(|i| reader.relation(&i)),
        rename_to: child(node, INDEX_RENAME_TO).and_then(|r| last_in(&r, INDEX)),
    });
}
