//! One statement's tree to its actions, kind by kind.

use super::{Reader, cascades, child, data, has_child, if_exists, if_not_exists, last, last_in, objects, setting, table};
use crate::ddl::syntax;
use architrave_model::migration::Action;
use architrave_model::name::{ObjectKind, QualifiedName};
use squawk_syntax::SyntaxKind::{self, *};
use squawk_syntax::SyntaxNode;

/// Reads a statement; kinds that have no action of their own add nothing.
pub(super) fn read(reader: &mut Reader<'_>, node: &SyntaxNode) {
    if !(relation(reader, node) || rows(reader, node) || object(reader, node) || control(reader, node)) {
        cluster_wide(reader, node);
    }
}

/// Tables, indexes, views and sequences.
fn relation(reader: &mut Reader<'_>, node: &SyntaxNode) -> bool {
    match node.kind() {
        CREATE_TABLE | CREATE_FOREIGN_TABLE => table::create(reader, node),
        CREATE_TABLE_AS | SELECT_INTO => table::create_as(reader, node, true),
        ALTER_TABLE | ALTER_FOREIGN_TABLE => table::alter(reader, node, ObjectKind::Table),
        ALTER_VIEW => table::alter(reader, node, ObjectKind::View),
        ALTER_MATERIALIZED_VIEW => table::alter(reader, node, ObjectKind::MaterializedView),
        CREATE_INDEX => table::create_index(reader, node),
        ALTER_INDEX => table::alter_index(reader, node),
        DROP_INDEX => {
            let concurrently = syntax::has(node, CONCURRENTLY_KW);
            let (if_exists, cascade) = (if_exists(node), cascades(node));
            each(reader, node, INDEX_REF, |index| Action::DropIndex { index, concurrently, if_exists, cascade });
        }
        DROP_TABLE | DROP_FOREIGN_TABLE => {
            let (if_exists, cascade) = (if_exists(node), cascades(node));
            each(reader, node, TABLE_NAME_REF, |table| Action::DropTable { table, if_exists, cascade });
        }
        CREATE_VIEW | CREATE_MATERIALIZED_VIEW => {
            let Some(name) = child(node, VIEW) else { return true };
            let (materialized, or_replace) = (node.kind() == CREATE_MATERIALIZED_VIEW, has_child(node, OR_REPLACE));
            let view = reader.new_name(&name);
            reader.push(Action::CreateView { view, materialized, or_replace });
        }
        DROP_VIEW | DROP_MATERIALIZED_VIEW => {
            let (materialized, cascade) = (node.kind() == DROP_MATERIALIZED_VIEW, cascades(node));
            each(reader, node, VIEW_REF, |view| Action::DropView { view, materialized, cascade });
        }
        CREATE_SEQUENCE => {
            let Some(name) = child(node, SEQUENCE) else { return true };
            let name = reader.new_name(&name);
            reader.push(Action::CreateSequence { name });
        }
        ALTER_SEQUENCE => objects::alter_sequence(reader, node),
        DROP_SEQUENCE => {
            let cascade = cascades(node);
            each(reader, node, SEQUENCE_REF, |name| Action::DropSequence { name, cascade });
        }
        _ => return false,
    }
    true
}

/// One action for each relation that a statement lists.
fn each(reader: &mut Reader<'_>, node: &SyntaxNode, kind: SyntaxKind, action: impl Fn(QualifiedName) -> Action) {
    for reference in node.children().filter(|c| c.kind() == kind) {
        let name = reader.relation(&reference);
        reader.push(action(name));
    }
}

fn rows(reader: &mut Reader<'_>, node: &SyntaxNode) -> bool {
    match node.kind() {
        INSERT | UPDATE | DELETE | MERGE | SELECT | COMPOUND_SELECT | PAREN_SELECT | VALUES | TABLE => data::rows(reader, node),
        COPY => data::copy(reader, node),
        TRUNCATE => data::truncate(reader, node),
        LOCK => data::lock(reader, node),
        VACUUM => data::vacuum(reader, node),
        ANALYZE => data::analyze(reader, node),
        CLUSTER => data::cluster(reader, node),
        REINDEX => data::reindex(reader, node),
        REFRESH => data::refresh(reader, node),
        _ => return false,
    }
    true
}

/// Everything else that lives in the database.
fn object(reader: &mut Reader<'_>, node: &SyntaxNode) -> bool {
    match node.kind() {
        CREATE_TYPE => objects::create_type(reader, node),
        ALTER_TYPE => objects::alter_type(reader, node),
        CREATE_DOMAIN => objects::create_domain(reader, node),
        ALTER_DOMAIN => objects::alter_domain(reader, node),
        DROP_TYPE | DROP_DOMAIN => {
            let (cascade, domain) = (cascades(node), node.kind() == DROP_DOMAIN);
            for reference in node.children().filter(|c| matches!(c.kind(), TYPE_NAME_REF | DOMAIN_REF)) {
                let name = reader.type_name(&reference);
                reader.push(Action::DropType { name, cascade, domain });
            }
        }
        CREATE_POLICY => objects::member(reader, node, |table, name| Action::CreatePolicy { table, name }),
        ALTER_POLICY => objects::member(reader, node, |table, name| Action::AlterPolicy { table, name }),
        DROP_POLICY => objects::member(reader, node, |table, name| Action::DropPolicy { table, name }),
        CREATE_TRIGGER => objects::member(reader, node, |table, name| Action::CreateTrigger { table, name }),
        DROP_TRIGGER => objects::member(reader, node, |table, name| Action::DropTrigger { table, name }),
        CREATE_RULE => objects::member(reader, node, |table, name| Action::CreateRule { table, name }),
        CREATE_FUNCTION | CREATE_PROCEDURE | CREATE_AGGREGATE => objects::create_function(reader, node),
        DROP_FUNCTION | DROP_PROCEDURE | DROP_ROUTINE | DROP_AGGREGATE => objects::drop_function(reader, node),
        ALTER_FUNCTION | ALTER_PROCEDURE | ALTER_ROUTINE | ALTER_AGGREGATE => objects::alter_function(reader, node),
        CREATE_STATISTICS => {
            let from = child(node, FROM_TABLE).and_then(|f| child(&f, TABLE_NAME_REF));
            let tables = from.map(|t| reader.relation(&t)).into_iter().collect();
            reader.push(Action::CreateStatistics { tables });
        }
        GRANT | REVOKE => objects::grant(reader, node),
        ALTER_DEFAULT_PRIVILEGES => reader.push(Action::AlterDefaultPrivileges),
        COMMENT_ON => objects::comment(reader, node),
        _ => return named(reader, node),
    }
    true
}

/// Objects without schema.
fn named(reader: &mut Reader<'_>, node: &SyntaxNode) -> bool {
    let own = |kind: SyntaxKind| last_in(node, kind).unwrap_or_default();
    match node.kind() {
        CREATE_EXTENSION => reader.push(Action::CreateExtension { name: own(EXTENSION), if_not_exists: if_not_exists(node) }),
        DROP_EXTENSION => {
            for reference in node.children().filter(|c| c.kind() == EXTENSION_REF) {
                reader.push(Action::DropExtension { name: last(&reference), cascade: cascades(node) });
            }
        }
        CREATE_SCHEMA => create_schema(reader, node),
        DROP_SCHEMA => {
            for reference in node.children().filter(|c| c.kind() == SCHEMA_REF) {
                reader.push(Action::DropSchema { name: last(&reference), cascade: cascades(node) });
            }
        }
        ALTER_SCHEMA => objects::alter_schema(reader, node),
        CREATE_PUBLICATION => reader.push(Action::CreatePublication { name: own(PUBLICATION) }),
        ALTER_PUBLICATION => reader.push(Action::AlterPublication { name: own(PUBLICATION_REF) }),
        DROP_PUBLICATION => {
            for reference in node.children().filter(|c| c.kind() == PUBLICATION_REF) {
                reader.push(Action::DropPublication { name: last(&reference) });
            }
        }
        _ => return false,
    }
    true
}

/// Names inside CREATE SCHEMA go to the new schema first.
struct InSchema<'n> {
    names: &'n dyn super::Names,
    schema: String,
}

impl super::Names for InSchema<'_> {
    fn relation(&self, written: &[String]) -> Option<QualifiedName> {
        self.names.relation(written)
    }
    fn type_name(&self, written: &[String]) -> Option<QualifiedName> {
        self.names.type_name(written)
    }
    fn function(&self, written: &[String]) -> Option<QualifiedName> {
        self.names.function(written)
    }
    fn creation_schema(&self) -> String {
        self.schema.clone()
    }
}

fn create_schema(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let target = node.children().find(|c| matches!(c.kind(), NAMED_SCHEMA | AUTHORIZATION_SCHEMA));
    let name = target.as_ref().and_then(SyntaxNode::first_child).map(|n| last(&n)).unwrap_or_default();
    reader.push(Action::CreateSchema { name: name.clone() });
    let names = InSchema { names: reader.names, schema: name };
    let mut inner = Reader { names: &names, found: Vec::new() };
    for element in node.children().filter(|c| Some(c) != target.as_ref() && c.kind() != IF_NOT_EXISTS) {
        read(&mut inner, &element);
    }
    reader.found.extend(inner.found);
}

/// Session and transaction control, and what only runs tell.
fn control(reader: &mut Reader<'_>, node: &SyntaxNode) -> bool {
    match node.kind() {
        BEGIN => reader.push(Action::Begin),
        COMMIT_TRANSACTION => reader.push(Action::Commit),
        ROLLBACK_TRANSACTION => reader.push(Action::Rollback),
        SET => setting::set(reader, node),
        RESET => setting::reset(reader, node),
        SET_ROLE | RESET_ROLE => setting::role(reader, node, "role"),
        SET_SESSION_AUTH | RESET_SESSION_AUTH => setting::role(reader, node, "session_authorization"),
        DO => reader.push(Action::Dynamic { what: "DO".to_owned() }),
        CALL => reader.push(Action::Dynamic { what: format!("CALL {}", last_in(node, PROCEDURE_NAME_REF).unwrap_or_default()) }),
        _ => return false,
    }
    true
}

/// Roles, databases, tablespaces, ALTER SYSTEM.
fn cluster_wide(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let words: Vec<String> = syntax::words(node).into_iter().take(2).collect();
    let [verb, object] = words.as_slice() else { return };
    let object_is = ["role", "user", "group", "database", "tablespace", "system"].contains(&object.as_str());
    if matches!(verb.as_str(), "create" | "alter" | "drop")
        && object_is
        && !matches!(node.kind(), CREATE_USER_MAPPING | ALTER_USER_MAPPING | DROP_USER_MAPPING)
    {
        reader.push(Action::ClusterWide { what: format!("{verb} {object}") });
    }
}
