//! Tables, their columns and indexes.

use super::tree::{self, Qualified, below, child};
use super::{Collector, constraint, statement};
use architrave_model::name::ObjectKind;
use squawk_syntax::SyntaxKind::*;
use squawk_syntax::SyntaxNode;

/// CREATE TABLE in its forms.
pub(super) fn create(node: &SyntaxNode, collector: &mut Collector) {
    let Some(name) = child(node, TABLE_NAME) else { return };
    let Some(table) = tree::qualified(&name, collector.schema.as_deref()) else { return };
    collector.object(ObjectKind::Table, &name, true);
    let Some(arguments) = child(node, TABLE_ARG_LIST) else { return };
    let columns: Vec<String> = arguments.children().filter_map(|a| child(&a, COLUMN_NAME)).filter_map(|c| tree::parts(&c).pop()).collect();
    for argument in arguments.children() {
        if argument.kind() == COLUMN {
            column(&argument, &table, &columns, collector);
        } else {
            constraint::of_table(&argument, &table, None, &columns, collector);
        }
    }
}

/// A column with its constraints, and the sequence behind it.
fn column(node: &SyntaxNode, table: &Qualified, columns: &[String], collector: &mut Collector) {
    let Some(name_node) = child(node, COLUMN_NAME) else { return };
    let Some(name) = tree::parts(&name_node).pop() else { return };
    let at = tree::start(&name_node);
    collector.push(table.member(ObjectKind::Column, &name), at, true);
    let serial = child(node, PATH_TYPE).is_some_and(|t| {
        let parts = tree::parts(&t);
        parts.len() == 1 && SERIAL.contains(&parts[0].as_str())
    });
    if serial || below(node, GENERATED_IDENTITY).is_some() {
        let sequence = constraint::object_name(&table.name, Some(&name), "seq");
        let object = Qualified { schema: table.schema.clone(), name: sequence }.object(ObjectKind::Sequence);
        collector.push(object, at, true);
    }
    for part in node.children() {
        constraint::of_table(&part, table, Some(&name), columns, collector);
    }
}

const SERIAL: &[&str] = &["serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"];

/// ALTER TABLE: the table, and what each action names.
pub(super) fn alter(node: &SyntaxNode, collector: &mut Collector) {
    let Some(reference) = below(node, TABLE_NAME_REF) else { return };
    let Some(table) = tree::qualified(&reference, collector.schema.as_deref()) else { return };
    let object = collector.object(ObjectKind::Table, &reference, false);
    for action in node.children() {
        statement::moved(&action, object.as_ref(), collector);
        alter_action(&action, &table, collector);
    }
}

fn alter_action(action: &SyntaxNode, table: &Qualified, collector: &mut Collector) {
    match action.kind() {
        ADD_COLUMN => column(action, table, &[], collector),
        ADD_CONSTRAINT => action.children().for_each(|c| constraint::of_table(&c, table, None, &[], collector)),
        ALTER_COLUMN => {
            member(action, COLUMN_NAME_REF, ObjectKind::Column, table, collector, false);
            if below(action, ADD_GENERATED).is_some()
                && let Some(name) = child(action, COLUMN_NAME_REF)
                && let Some(column) = tree::parts(&name).pop()
            {
                let sequence = constraint::object_name(&table.name, Some(&column), "seq");
                let object = Qualified { schema: table.schema.clone(), name: sequence }.object(ObjectKind::Sequence);
                collector.push(object, tree::start(&name), true);
            }
        }
        RENAME_COLUMN => {
            member(action, COLUMN_NAME_REF, ObjectKind::Column, table, collector, false);
            member(action, COLUMN_NAME, ObjectKind::Column, table, collector, false);
        }
        RENAME_CONSTRAINT => {
            member(action, CONSTRAINT_NAME_REF, ObjectKind::Constraint, table, collector, false);
            member(action, CONSTRAINT_NAME, ObjectKind::Constraint, table, collector, false);
        }
        ALTER_CONSTRAINT | VALIDATE_CONSTRAINT => {
            member(action, CONSTRAINT_NAME_REF, ObjectKind::Constraint, table, collector, false);
        }
        ENABLE_TRIGGER | DISABLE_TRIGGER | ENABLE_ALWAYS_TRIGGER | ENABLE_REPLICA_TRIGGER => {
            member(action, TRIGGER_REF, ObjectKind::Trigger, table, collector, false);
        }
        ENABLE_RULE | DISABLE_RULE | ENABLE_ALWAYS_RULE | ENABLE_REPLICA_RULE => {
            member(action, RULE_REF, ObjectKind::Rule, table, collector, false);
        }
        ATTACH_PARTITION | DETACH_PARTITION => {
            if let Some(partition) = child(action, TABLE_NAME_REF) {
                collector.object(ObjectKind::Table, &partition, false);
            }
        }
        _ => {}
    }
}

fn member(
    action: &SyntaxNode,
    node: squawk_syntax::SyntaxKind,
    kind: ObjectKind,
    table: &Qualified,
    collector: &mut Collector,
    created: bool,
) {
    if let Some(name) = child(action, node)
        && let Some(own) = tree::parts(&name).pop()
    {
        collector.push(table.member(kind, own), tree::start(&name), created);
    }
}

/// CREATE INDEX; without a name it gets the one PostgreSQL would choose.
pub(super) fn create_index(node: &SyntaxNode, collector: &mut Collector) {
    let Some(reference) = below(node, TABLE_NAME_REF) else { return };
    let Some(table) = tree::qualified(&reference, collector.schema.as_deref()) else { return };
    let (name, at) = if let Some(index) = child(node, INDEX) {
        (tree::parts(&index).pop(), tree::start(&index))
    } else {
        let keys = below(node, PARTITION_ITEM_LIST).map(|l| l.children().map(|k| constraint::key_name(&k)).collect::<Vec<_>>());
        let columns = constraint::joined(&keys.unwrap_or_default());
        (Some(constraint::object_name(&table.name, Some(&columns), "idx")), tree::start(node))
    };
    if let Some(name) = name {
        collector.push(table.member(ObjectKind::Index, name), at, true);
    }
}
