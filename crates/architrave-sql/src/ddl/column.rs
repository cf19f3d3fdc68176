//! Columns as written in CREATE TABLE and ADD COLUMN, with the sequences behind serial and identity.

use super::Stop;
use super::acl::AclKind;
use super::constraint::{self, Pending};
use super::expression::{self, Expression};
use super::index;
use super::naming;
use super::print;
use super::sequence;
use super::state::State;
use super::syntax;
use super::type_name::{self, TypeName};
use architrave_model::catalog::{Column, Generated, Identity, Sequence, TypeKind};
use architrave_model::name::{QualifiedName, quote_ident};
use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode};

/// A column with what follows from its definition.
#[derive(Debug, Clone)]
pub(crate) struct NewColumn {
    pub(crate) column: Column,
    pub(crate) constraints: Vec<Pending>,
    pub(crate) sequence: Option<Sequence>,
}

/// Reads a column definition of a table of that name.
pub(crate) fn read(state: &State, table: &QualifiedName, node: &SyntaxNode, name: &str) -> Result<NewColumn, Stop> {
    let ty: Option<ast::Type> = syntax::child(node);
    let ty = ty.map(|t| type_name::read(&t, state)).unwrap_or_default();
    let mut new = NewColumn {
        column: Column { name: name.to_owned(), data_type: ty.text.clone(), ..Column::default() },
        constraints: Vec::new(),
        sequence: None,
    };
    if let Some(integer) = ty.serial {
        if ty.text.ends_with("[]") {
            return Err(Stop::fail("0A000", "array of serial is not implemented"));
        }
        let sequence = serial_sequence(state, table, name, integer);
        new.column.default = Some(nextval(&sequence.name));
        new.column.not_null = true;
        new.sequence = Some(sequence);
    }
    read_clauses(state, table, node, &mut new)?;
    Ok(new)
}

/// Reads the clauses behind a column's type (or behind its name, of partitions and typed tables) into the column.
pub(crate) fn read_clauses(state: &State, table: &QualifiedName, node: &SyntaxNode, new: &mut NewColumn) -> Result<(), Stop> {
    for clause in node.children() {
        if let Some(collate) = ast::Collate::cast(clause.clone()) {
            let path = syntax::path_opt(collate.collation_ref()).unwrap_or_default();
            new.column.collation = index::collation_text(&path, state);
        } else if let Some(storage) = ast::Storage::cast(clause.clone()) {
            let mode = storage.storage_mode().map(|m| syntax::words(m.syntax()).concat().to_ascii_uppercase());
            new.column.storage = mode.and_then(|m| storage_unless_default(&m, &new.column.data_type, state));
        } else if let Some(compression) = ast::CompressionMethod::cast(clause.clone()) {
            let method = compression.compression_method_name().map(|m| syntax::words(m.syntax()).concat());
            new.column.compression = method.filter(|m| m != "default");
        } else if let Some(default) = ast::DefaultConstraint::cast(clause.clone()) {
            if let Some(expr) = default.expr() {
                new.column.default = default_text(state, &expression::read(&expr, state), &new.column.data_type);
            }
        } else if let Some(generated) = ast::GeneratedConstraint::cast(clause.clone()) {
            read_generated(state, table, &generated, new)?;
        } else if ast::NotNullConstraint::can_cast(clause.kind()) {
            new.column.not_null = true;
        } else if let Some(pending) = constraint::read(&clause, Some(&new.column.name), state) {
            new.constraints.push(pending);
        }
    }
    Ok(())
}

/// The default as the catalogue keeps it; DEFAULT NULL is mostly none.
pub(crate) fn default_text(state: &State, expression: &Expression, column_type: &str) -> Option<String> {
    if matches!(expression, Expression::Value(word) if word == "NULL") {
        // Where the value must be fitted (to a length, to a domain), PostgreSQL keeps even NULL.
        let domain = || state.types.values().any(|t| matches!(t.kind, TypeKind::Domain { .. }) && t.name.sql() == column_type);
        let fitted = column_type.contains('(') || domain();
        return fitted.then(|| format!("NULL::{}", type_name::without_modifier(column_type)));
    }
    Some(print::print_default(expression, column_type))
}

fn read_generated(state: &State, table: &QualifiedName, node: &ast::GeneratedConstraint, new: &mut NewColumn) -> Result<(), Stop> {
    match node.generated_as() {
        Some(ast::GeneratedAs::GeneratedIdentity(identity)) => {
            let always = matches!(identity.generated_when(), Some(ast::GeneratedWhen::GeneratedAlways(_)));
            let ty = new.column.data_type.clone();
            let mut sequence = serial_sequence(state, table, &new.column.name, &ty);
            sequence.identity = true;
            if let Some(options) = identity.sequence_option_list() {
                let options: Vec<ast::SequenceOption> = options.sequence_options().collect();
                sequence::apply_options(state, &mut sequence, &options, true)?;
            }
            new.column.identity = Some(if always { Identity::Always } else { Identity::ByDefault });
            new.column.not_null = true;
            new.sequence = Some(sequence);
        }
        Some(ast::GeneratedAs::GeneratedStored(stored)) => {
            let expression = stored.expr().map(|e| expression::read(&e, state));
            new.column.default = expression.map(|e| print::print(&e));
            let is_virtual = match stored.generated_kind() {
                Some(ast::GeneratedKind::Stored(_)) => false,
                Some(ast::GeneratedKind::Virtual(_)) => true,
                None => state.options.server_major >= 18,
            };
            new.column.generated = Some(if is_virtual { Generated::Virtual } else { Generated::Stored });
        }
        None => return Err(Stop::not_understood("a GENERATED clause that is neither identity nor expression")),
    }
    Ok(())
}

/// The sequence behind a serial or identity column.
pub(crate) fn serial_sequence(state: &State, table: &QualifiedName, column: &str, integer: &str) -> Sequence {
    let name = naming::choose(&table.name, Some(column), "seq", |n| state.relation_exists(&QualifiedName::new(&table.schema, n)));
    Sequence {
        owned_by_table: Some(table.clone()),
        owned_by_column: Some(column.to_owned()),
        grants: state.initial_grants(AclKind::Sequence, Some(&table.schema)),
        owner: state.role(),
        ..sequence::fresh(QualifiedName::new(&table.schema, name), integer)
    }
}

/// The default that takes from a sequence.
pub(crate) fn nextval(sequence: &QualifiedName) -> String {
    let name = format!("{}.{}", quote_ident(&sequence.schema), quote_ident(&sequence.name));
    format!("nextval({}::regclass)", architrave_model::name::quote_literal(&name))
}

/// How columns of a type are stored unless told otherwise.
fn default_storage(ty: &str, state: &State) -> &'static str {
    if ty.ends_with("[]") {
        return "EXTENDED";
    }
    let plain = type_name::without_modifier(ty);
    match plain.as_str() {
        "numeric" | "inet" | "cidr" => "MAIN",
        "smallint" | "integer" | "bigint" | "boolean" | "real" | "double precision" | "date" | "uuid" | "money" | "oid" | "interval"
        | "macaddr" | "macaddr8" | "name" | "\"char\"" | "point" | "box" | "circle" | "line" | "lseg" | "regclass" | "pg_lsn" => "PLAIN",
        other if other.starts_with("time") => "PLAIN",
        other => {
            let enumeration = state.types.values().any(|t| {
                matches!(t.kind, architrave_model::catalog::TypeKind::Enum { .. })
                    && format!("{}.{}", quote_ident(&t.name.schema), quote_ident(&t.name.name)) == other
            });
            if enumeration { "PLAIN" } else { "EXTENDED" }
        }
    }
}

/// The storage mode, unless it is the type's own.
pub(crate) fn storage_unless_default(mode: &str, ty: &str, state: &State) -> Option<String> {
    (mode != "DEFAULT" && mode != default_storage(ty, state)).then(|| mode.to_owned())
}

/// A type read on its own.
pub(crate) fn read_type(ty: Option<ast::Type>, state: &State) -> TypeName {
    ty.map(|t| type_name::read(&t, state)).unwrap_or_default()
}
