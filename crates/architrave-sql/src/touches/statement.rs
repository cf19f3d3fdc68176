//! From a statement's tree to the objects it names, kind by kind.

use super::tree::{self, below, child};
use super::{Collector, routine, table};
use architrave_model::name::{ObjectKind, ObjectRef};
use squawk_syntax::SyntaxKind::{self, *};
use squawk_syntax::SyntaxNode;

/// Everything that the statements below the root create or change.
pub(super) fn collect(root: &SyntaxNode, collector: &mut Collector) {
    for statement in root.children() {
        one(&statement, collector);
    }
}

fn one(statement: &SyntaxNode, collector: &mut Collector) {
    match statement.kind() {
        CREATE_TABLE | CREATE_FOREIGN_TABLE | CREATE_TABLE_AS => table::create(statement, collector),
        ALTER_TABLE | ALTER_FOREIGN_TABLE => table::alter(statement, collector),
        CREATE_INDEX => table::create_index(statement, collector),
        SELECT_INTO => {
            if let Some(name) = below(statement, TABLE_NAME) {
                collector.object(ObjectKind::Table, &name, true);
            }
        }
        CREATE_FUNCTION | CREATE_PROCEDURE | CREATE_AGGREGATE => routine::create(statement, collector),
        CREATE_SCHEMA => schema(statement, collector),
        CREATE_DOMAIN => {
            if let Some(name) = child(statement, DOMAIN)
                && let Some(parts) = tree::qualified(&name, collector.schema.as_deref())
            {
                collector.object(ObjectKind::Type, &name, true);
                super::constraint::of_domain(statement, &parts, collector);
            }
        }
        CREATE_TRIGGER | CREATE_POLICY | CREATE_RULE => member(statement, statement, collector, true),
        ALTER_TRIGGER | ALTER_POLICY | ALTER_RULE => {
            member(statement, statement, collector, false);
            renamed_member(statement, collector);
        }
        COMMENT_ON | SECURITY_LABEL => commented(statement, collector),
        GRANT | REVOKE => granted(statement, collector),
        _ => simple(statement, collector),
    }
}

/// Statements whose first name says it all.
fn simple(statement: &SyntaxNode, collector: &mut Collector) {
    let created = match statement.kind() {
        CREATE_VIEW => Some((VIEW, ObjectKind::View)),
        CREATE_MATERIALIZED_VIEW => Some((VIEW, ObjectKind::MaterializedView)),
        CREATE_TYPE => Some((TYPE_NAME, ObjectKind::Type)),
        CREATE_SEQUENCE => Some((SEQUENCE, ObjectKind::Sequence)),
        _ => None,
    };
    if let Some((node, kind)) = created {
        if let Some(name) = child(statement, node) {
            collector.object(kind, &name, true);
        }
        return;
    }
    let global = match statement.kind() {
        CREATE_EXTENSION => Some((EXTENSION, ObjectKind::Extension)),
        CREATE_ROLE | CREATE_USER | CREATE_GROUP => Some((ROLE, ObjectKind::Role)),
        CREATE_PUBLICATION => Some((PUBLICATION, ObjectKind::Publication)),
        CREATE_SUBSCRIPTION => Some((SUBSCRIPTION, ObjectKind::Subscription)),
        CREATE_EVENT_TRIGGER => Some((EVENT_TRIGGER, ObjectKind::EventTrigger)),
        CREATE_DATABASE => Some((DATABASE, ObjectKind::Database)),
        _ => None,
    };
    if let Some((node, kind)) = global {
        if let Some(name) = child(statement, node) {
            collector.global(kind, &name, true);
        }
    } else if ALTERS.contains(&statement.kind()) {
        altered(statement, collector);
    }
}

/// ALTER statements whose object is their first reference.
const ALTERS: &[SyntaxKind] = &[
    ALTER_VIEW,
    ALTER_MATERIALIZED_VIEW,
    ALTER_INDEX,
    ALTER_SEQUENCE,
    ALTER_TYPE,
    ALTER_DOMAIN,
    ALTER_FUNCTION,
    ALTER_PROCEDURE,
    ALTER_ROUTINE,
    ALTER_SCHEMA,
    ALTER_EXTENSION,
    ALTER_PUBLICATION,
    ALTER_SUBSCRIPTION,
    ALTER_EVENT_TRIGGER,
    ALTER_ROLE,
    ALTER_USER,
    ALTER_GROUP,
    ALTER_DATABASE,
];

/// What a reference node refers to, and whether it lives in a schema.
fn referred(kind: SyntaxKind) -> Option<(ObjectKind, bool)> {
    Some(match kind {
        TABLE_NAME_REF | RELATION_NAME_REF => (ObjectKind::Table, true),
        VIEW_REF => (ObjectKind::View, true),
        INDEX_REF => (ObjectKind::Index, true),
        SEQUENCE_REF => (ObjectKind::Sequence, true),
        TYPE_NAME_REF | DOMAIN_REF => (ObjectKind::Type, true),
        FUNCTION_SIG | PROCEDURE_SIG | ROUTINE_SIG => (ObjectKind::Function, true),
        SCHEMA_REF => (ObjectKind::Schema, false),
        EXTENSION_REF => (ObjectKind::Extension, false),
        PUBLICATION_REF => (ObjectKind::Publication, false),
        SUBSCRIPTION_REF => (ObjectKind::Subscription, false),
        EVENT_TRIGGER_REF => (ObjectKind::EventTrigger, false),
        ROLE_REF => (ObjectKind::Role, false),
        DATABASE_REF => (ObjectKind::Database, false),
        _ => return None,
    })
}

/// Marks what a reference node names as changed.
fn change(reference: &SyntaxNode, materialized: bool, collector: &mut Collector) -> Option<ObjectRef> {
    let (kind, in_schema) = referred(reference.kind())?;
    let kind = if materialized && kind == ObjectKind::View { ObjectKind::MaterializedView } else { kind };
    if kind == ObjectKind::Function {
        return routine::changed(reference, collector);
    }
    if in_schema {
        return collector.object(kind, reference, false);
    }
    collector.global(kind, reference, false);
    None
}

fn altered(statement: &SyntaxNode, collector: &mut Collector) {
    let materialized = statement.kind() == ALTER_MATERIALIZED_VIEW;
    let Some(reference) = statement.children().find(|c| referred(c.kind()).is_some()) else { return };
    let before = change(&reference, materialized, collector);
    for action in statement.children() {
        moved(&action, before.as_ref(), collector);
        if statement.kind() == ALTER_DOMAIN
            && action.kind() == ADD_CONSTRAINT
            && let Some(domain) = tree::qualified(&reference, None)
        {
            super::constraint::of_domain(&action, &domain, collector);
        }
        if matches!(statement.kind(), ALTER_VIEW | ALTER_MATERIALIZED_VIEW) {
            renamed_global(&action, collector);
        }
    }
    if before.is_none() {
        statement.children().for_each(|action| renamed_global(&action, collector));
    }
}

/// RENAME TO and SET SCHEMA: the object goes on under another name.
pub(super) fn moved(action: &SyntaxNode, before: Option<&ObjectRef>, collector: &mut Collector) {
    let Some(before) = before else { return };
    let new_name = match action.kind() {
        TABLE_RENAME_TO => child(action, TABLE_NAME),
        VIEW_RENAME_TO => child(action, VIEW),
        INDEX_RENAME_TO => child(action, INDEX),
        SEQUENCE_RENAME_TO => child(action, SEQUENCE),
        TYPE_RENAME_TO => child(action, TYPE_NAME),
        DOMAIN_RENAME_TO => child(action, DOMAIN),
        FUNCTION_RENAME_TO => child(action, FUNCTION_NAME),
        PROCEDURE_RENAME_TO => child(action, PROCEDURE_NAME),
        _ => None,
    };
    if let Some(node) = new_name
        && let Some(parts) = tree::qualified(&node, before.schema.as_deref())
    {
        let arguments = before.name.find('(').filter(|_| before.kind == ObjectKind::Function).map_or("", |at| &before.name[at..]);
        let name = format!("{}{arguments}", parts.name);
        collector.push(ObjectRef { name, ..before.clone() }, tree::start(&node), false);
    }
    if action.kind() == SET_SCHEMA
        && let Some(schema) = child(action, SCHEMA_REF).and_then(|s| tree::parts(&s).pop())
    {
        collector.push(ObjectRef { schema: Some(schema), ..before.clone() }, tree::start(action), false);
    }
}

fn renamed_global(action: &SyntaxNode, collector: &mut Collector) {
    let (node, kind) = match action.kind() {
        SCHEMA_RENAME_TO => (SCHEMA, ObjectKind::Schema),
        ROLE_RENAME_TO => (ROLE, ObjectKind::Role),
        PUBLICATION_RENAME_TO => (PUBLICATION, ObjectKind::Publication),
        SUBSCRIPTION_RENAME_TO => (SUBSCRIPTION, ObjectKind::Subscription),
        EVENT_TRIGGER_RENAME_TO => (EVENT_TRIGGER, ObjectKind::EventTrigger),
        DATABASE_RENAME_TO => (DATABASE, ObjectKind::Database),
        _ => return,
    };
    if let Some(name) = child(action, node) {
        collector.global(kind, &name, false);
    }
}

/// Triggers, policies, rules and constraints: a name, and the table it belongs to somewhere in `around`.
fn member(node: &SyntaxNode, around: &SyntaxNode, collector: &mut Collector, created: bool) {
    let found = node.children().find_map(|c| {
        let kind = match c.kind() {
            TRIGGER | TRIGGER_REF => ObjectKind::Trigger,
            POLICY | POLICY_REF => ObjectKind::Policy,
            RULE | RULE_REF => ObjectKind::Rule,
            CONSTRAINT_NAME_REF => ObjectKind::Constraint,
            _ => return None,
        };
        Some((kind, c))
    });
    let owner = around
        .descendants()
        .find(|d| matches!(d.kind(), TABLE_NAME_REF | RELATION_NAME_REF | DOMAIN_REF))
        .and_then(|d| tree::qualified(&d, collector.schema.as_deref()));
    if let (Some((kind, name)), Some(owner)) = (found, owner)
        && let Some(own) = tree::parts(&name).pop()
    {
        collector.push(owner.member(kind, own), tree::start(&name), created);
    }
}

fn renamed_member(statement: &SyntaxNode, collector: &mut Collector) {
    let rename = statement.children().find(|c| matches!(c.kind(), TRIGGER_RENAME_TO | POLICY_RENAME_TO | RULE_RENAME_TO));
    if let Some(rename) = rename {
        member(&rename, statement, collector, false);
    }
}

fn commented(statement: &SyntaxNode, collector: &mut Collector) {
    for object in statement.children() {
        match object.kind() {
            OBJECT_TRIGGER | OBJECT_POLICY | OBJECT_RULE | OBJECT_CONSTRAINT => member(&object, &object, collector, false),
            OBJECT_COLUMN => column(&object, collector),
            kind => {
                if let Some(reference) = object.children().find(|c| referred(c.kind()).is_some()) {
                    change(&reference, kind == OBJECT_MATERIALIZED_VIEW, collector);
                }
            }
        }
    }
}

/// `schema.table.column`.
fn column(node: &SyntaxNode, collector: &mut Collector) {
    let Some(reference) = child(node, QUALIFIED_COLUMN_NAME_REF) else { return };
    let mut parts = tree::parts(&reference);
    if let (Some(name), Some(table)) = (parts.pop(), parts.pop()) {
        let schema = parts.pop().or_else(|| collector.schema.clone());
        collector.push(ObjectRef { kind: ObjectKind::Column, schema, table: Some(table), name }, tree::start(&reference), false);
    }
}

fn granted(statement: &SyntaxNode, collector: &mut Collector) {
    let Some(target) = child(statement, ON_PRIVILEGE_OBJECTS_CLAUSE).and_then(|c| c.first_child()) else { return };
    for node in target.children() {
        if node.kind() == FUNCTION_SIG_LIST {
            node.children().for_each(|sig| drop(change(&sig, false, collector)));
        } else {
            change(&node, false, collector);
        }
    }
}

fn schema(statement: &SyntaxNode, collector: &mut Collector) {
    let name = child(statement, NAMED_SCHEMA)
        .and_then(|n| child(&n, SCHEMA))
        .or_else(|| child(statement, AUTHORIZATION_SCHEMA).and_then(|n| child(&n, ROLE)));
    let Some(name) = name else { return };
    collector.global(ObjectKind::Schema, &name, true);
    let outer = std::mem::replace(&mut collector.schema, tree::parts(&name).pop());
    statement.children().filter(|c| c.kind() != NAMED_SCHEMA).for_each(|element| one(&element, collector));
    collector.schema = outer;
}
