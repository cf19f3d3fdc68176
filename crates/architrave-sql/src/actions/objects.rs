//! Statements about types, domains, policies, functions, schemas, privileges and comments.

use super::{Reader, cascades, child, draft, has_child, if_not_exists, last, last_in, path, table};
use crate::ddl::syntax;
use architrave_model::migration::{Action, DomainChange};
use architrave_model::name::{ObjectKind, ObjectRef, QualifiedName};
use squawk_syntax::SyntaxKind::{self, *};
use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode};

/// A string literal's value.
fn literal(node: &SyntaxNode) -> Option<String> {
    ast::Literal::cast(node.clone()).and_then(|l| syntax::string(&l))
}

/// CREATE TYPE.
pub(super) fn create_type(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let Some(name) = child(node, TYPE_NAME) else { return };
    let Some(kind) = child(node, ENUM_TYPE) else {
        reader.push(Action::Other { what: "create type".to_owned() });
        return;
    };
    let values = kind.descendants().filter(|d| d.kind() == LITERAL).filter_map(|l| literal(&l)).collect();
    let name = reader.new_name(&name);
    reader.push(Action::CreateEnum { name, values });
}

/// ALTER TYPE.
pub(super) fn alter_type(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let Some(reference) = child(node, TYPE_NAME_REF) else { return };
    let name = reader.type_name(&reference);
    let object = ObjectRef::in_schema(ObjectKind::Type, &name.schema, &name.name);
    let Some(action) = node.children().find(|c| c.kind() != TYPE_NAME_REF) else { return };
    let values: Vec<String> = action.children().filter_map(|c| literal(&c)).collect();
    let action = match action.kind() {
        ADD_VALUE => {
            Action::AddEnumValue { name, value: values.into_iter().next().unwrap_or_default(), if_not_exists: if_not_exists(&action) }
        }
        RENAME_VALUE => {
            let mut values = values.into_iter();
            Action::RenameEnumValue { name, from: values.next().unwrap_or_default(), to: values.next().unwrap_or_default() }
        }
        OWNER_TO => Action::OwnerTo { object, owner: table::role(&action) },
        SET_SCHEMA => Action::SetSchema { object, schema: last_in(&action, SCHEMA_REF).unwrap_or_default() },
        _ => Action::Other { what: format!("alter type {}", syntax::words(&action).into_iter().take(2).collect::<Vec<_>>().join(" ")) },
    };
    reader.push(action);
}

/// CREATE DOMAIN.
pub(super) fn create_domain(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let Some(name) = child(node, DOMAIN) else { return };
    let name = reader.new_name(&name);
    reader.push(Action::CreateDomain { name, constrained: has_child(node, NOT_NULL_CONSTRAINT) || has_child(node, CHECK_CONSTRAINT) });
}

/// ALTER DOMAIN.
pub(super) fn alter_domain(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let Some(reference) = child(node, DOMAIN_REF) else { return };
    let name = reader.type_name(&reference);
    let object = ObjectRef::in_schema(ObjectKind::Type, &name.schema, &name.name);
    let Some(action) = node.children().find(|c| c.kind() != DOMAIN_REF) else { return };
    let constraint = || last_in(&action, CONSTRAINT_NAME_REF).unwrap_or_default();
    let what = match action.kind() {
        ADD_CONSTRAINT => {
            let draft = action.children().find_map(|c| draft::constraint(reader, &c, None));
            draft.map_or(DomainChange::Other, |d| DomainChange::AddConstraint { name: d.name, not_valid: d.not_valid })
        }
        VALIDATE_CONSTRAINT => DomainChange::ValidateConstraint { name: constraint() },
        DROP_CONSTRAINT => DomainChange::DropConstraint { name: constraint() },
        SET_NOT_NULL => DomainChange::SetNotNull,
        DROP_NOT_NULL => DomainChange::DropNotNull,
        SET_DEFAULT | DROP_DEFAULT => DomainChange::SetDefault,
        OWNER_TO => {
            reader.push(Action::OwnerTo { object, owner: table::role(&action) });
            return;
        }
        SET_SCHEMA => {
            reader.push(Action::SetSchema { object, schema: last_in(&action, SCHEMA_REF).unwrap_or_default() });
            return;
        }
        _ => DomainChange::Other,
    };
    reader.push(Action::AlterDomain { name, what });
}

/// Policies, triggers and rules: their own name and that of the table.
pub(super) fn member(reader: &mut Reader<'_>, node: &SyntaxNode, make: fn(QualifiedName, String) -> Action) {
    let own = node.children().find(|c| matches!(c.kind(), POLICY | POLICY_REF | TRIGGER | TRIGGER_REF | RULE | RULE_REF)).map(|n| last(&n));
    let on = node.children().find(|c| matches!(c.kind(), ON_TABLE | ON_RELATION | RULE_ON));
    let table = on.and_then(|o| o.children().find(|c| matches!(c.kind(), TABLE_NAME_REF | RELATION_NAME_REF))).map(|t| reader.relation(&t));
    if let (Some(own), Some(table)) = (own, table) {
        reader.push(make(table, own));
    }
}

/// CREATE FUNCTION, PROCEDURE, AGGREGATE.
pub(super) fn create_function(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let name = node.children().find(|c| matches!(c.kind(), FUNCTION_NAME | PROCEDURE_NAME | AGGREGATE));
    let Some(name) = name else { return };
    let name = reader.new_name(&name);
    reader.push(Action::CreateFunction { name, or_replace: has_child(node, OR_REPLACE), procedure: node.kind() == CREATE_PROCEDURE });
}

/// DROP FUNCTION, PROCEDURE, ROUTINE, AGGREGATE.
pub(super) fn drop_function(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let cascade = cascades(node);
    let names: Vec<SyntaxNode> =
        node.descendants().filter(|d| matches!(d.kind(), FUNCTION_NAME_REF | PROCEDURE_NAME_REF | ROUTINE_NAME_REF | AGGREGATE)).collect();
    for name in names {
        let name = reader.function(&name);
        reader.push(Action::DropFunction { name, cascade });
    }
}

/// ALTER FUNCTION and the like, ALTER SEQUENCE's owner: only owner and schema are actions of their own.
pub(super) fn alter_function(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let signature = node.descendants().find(|d| matches!(d.kind(), FUNCTION_NAME_REF | PROCEDURE_NAME_REF | ROUTINE_NAME_REF | AGGREGATE));
    let Some(signature) = signature else { return };
    let name = reader.function(&signature);
    let arguments = node.descendants().find(|d| d.kind() == PARAM_LIST).map(|p| syntax::plain_text(&p)).unwrap_or_default();
    let object = ObjectRef::in_schema(ObjectKind::Function, &name.schema, format!("{}{arguments}", name.name));
    owner_or_schema(reader, node, object);
}

/// OWNER TO and SET SCHEMA of any object.
pub(super) fn owner_or_schema(reader: &mut Reader<'_>, node: &SyntaxNode, object: ObjectRef) {
    if let Some(owner) = child(node, OWNER_TO) {
        reader.push(Action::OwnerTo { object, owner: table::role(&owner) });
    } else if let Some(set) = child(node, SET_SCHEMA) {
        reader.push(Action::SetSchema { object, schema: last_in(&set, SCHEMA_REF).unwrap_or_default() });
    }
}

/// ALTER SEQUENCE.
pub(super) fn alter_sequence(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let Some(reference) = child(node, SEQUENCE_REF) else { return };
    let name = reader.relation(&reference);
    let before = reader.found.len();
    owner_or_schema(reader, node, ObjectRef::in_schema(ObjectKind::Sequence, &name.schema, &name.name));
    if reader.found.len() == before {
        reader.push(Action::AlterSequence { name });
    }
}

/// ALTER SCHEMA.
pub(super) fn alter_schema(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let from = last_in(node, SCHEMA_REF).unwrap_or_default();
    match child(node, SCHEMA_RENAME_TO).and_then(|r| last_in(&r, SCHEMA)) {
        Some(to) => reader.push(Action::RenameSchema { from, to }),
        None => owner_or_schema(reader, node, ObjectRef::global(ObjectKind::Schema, from)),
    }
}

/// GRANT and REVOKE; of roles too, then without objects.
pub(super) fn grant(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let roles =
        child(node, ROLE_REF_LIST).into_iter().flat_map(|l| l.children().collect::<Vec<_>>()).map(|r| table::role_name(&r)).collect();
    let on = child(node, ON_PRIVILEGE_OBJECTS_CLAUSE).and_then(|c| c.first_child());
    let objects = on.map(|on| on.descendants().filter_map(|d| object(reader, &d)).collect()).unwrap_or_default();
    reader.push(Action::Grant { revoke: node.kind() == REVOKE, objects, roles });
}

/// COMMENT ON.
pub(super) fn comment(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let Some(on) = node.children().find(|c| c.kind() != LITERAL) else { return };
    let table = on.children().find(|c| matches!(c.kind(), TABLE_NAME_REF | RELATION_NAME_REF)).map(|t| reader.relation(&t));
    let member = |kind: ObjectKind, own: SyntaxKind| {
        let name = last_in(&on, own)?;
        Some(ObjectRef::in_table(kind, table.as_ref()?, name))
    };
    let found = match on.kind() {
        OBJECT_COLUMN => child(&on, QUALIFIED_COLUMN_NAME_REF).and_then(|c| {
            let mut parts = path(&c);
            let column = parts.pop()?;
            let table = reader.known_or_new(&parts, reader.names.relation(&parts));
            Some(ObjectRef::column(&table, column))
        }),
        OBJECT_CONSTRAINT => member(ObjectKind::Constraint, CONSTRAINT_NAME_REF),
        OBJECT_TRIGGER => member(ObjectKind::Trigger, TRIGGER_REF),
        OBJECT_POLICY => member(ObjectKind::Policy, POLICY_REF),
        OBJECT_RULE => member(ObjectKind::Rule, RULE_REF),
        OBJECT_MATERIALIZED_VIEW => child(&on, VIEW_REF).map(|v| {
            let name = reader.relation(&v);
            ObjectRef::in_schema(ObjectKind::MaterializedView, name.schema, name.name)
        }),
        _ => on.descendants().find_map(|d| object(reader, &d)),
    };
    let what = || Action::Other { what: format!("comment on {}", syntax::words(&on).into_iter().take(1).collect::<String>()) };
    let action = found.map_or_else(what, |object| Action::Comment { object });
    reader.push(action);
}

/// The object that a reference node names.
fn object(reader: &Reader<'_>, node: &SyntaxNode) -> Option<ObjectRef> {
    let relation = |kind: ObjectKind| {
        let name = reader.relation(node);
        Some(ObjectRef::in_schema(kind, name.schema, name.name))
    };
    let global = |kind: ObjectKind| Some(ObjectRef::global(kind, last(node)));
    match node.kind() {
        TABLE_NAME_REF | RELATION_NAME_REF => relation(ObjectKind::Table),
        VIEW_REF => relation(ObjectKind::View),
        INDEX_REF => relation(ObjectKind::Index),
        SEQUENCE_REF => relation(ObjectKind::Sequence),
        TYPE_NAME_REF | DOMAIN_REF => {
            let name = reader.type_name(node);
            Some(ObjectRef::in_schema(ObjectKind::Type, name.schema, name.name))
        }
        FUNCTION_SIG | PROCEDURE_SIG | ROUTINE_SIG => {
            let name = reader.function(&node.first_child()?);
            let arguments = child(node, PARAM_LIST).map(|p| syntax::plain_text(&p)).unwrap_or_default();
            Some(ObjectRef::in_schema(ObjectKind::Function, name.schema, format!("{}{arguments}", name.name)))
        }
        SCHEMA_REF => global(ObjectKind::Schema),
        DATABASE_REF => global(ObjectKind::Database),
        ROLE_REF => global(ObjectKind::Role),
        EXTENSION_REF => global(ObjectKind::Extension),
        PUBLICATION_REF => global(ObjectKind::Publication),
        SUBSCRIPTION_REF => global(ObjectKind::Subscription),
        EVENT_TRIGGER_REF => global(ObjectKind::EventTrigger),
        _ => None,
    }
}
