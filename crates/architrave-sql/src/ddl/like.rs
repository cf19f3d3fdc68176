//! LIKE in CREATE TABLE: what is copied of the other table.

use super::column::{self, NewColumn};
use super::constraint::{self, Flags, Pending, What};
use super::expression::{self, AsWritten};
use super::index;
use super::state::{State, missing};
use super::syntax;
use super::{Effect, Stop};
use architrave_model::catalog::{Column, ConstraintKind, Table};
use architrave_model::name::QualifiedName;
use squawk_syntax::ast;

/// Which properties the clause copies.
#[derive(Debug, Clone, Copy, Default)]
struct Copied {
    comments: bool,
    compression: bool,
    constraints: bool,
    defaults: bool,
    generated: bool,
    identity: bool,
    indexes: bool,
    statistics: bool,
    storage: bool,
}

fn copied(like: &ast::LikeClause) -> Copied {
    let mut copied = Copied::default();
    for option in like.like_options() {
        let (property, on) = match &option {
            ast::LikeOption::IncludingProperty(p) => (p.table_property(), true),
            ast::LikeOption::ExcludingProperty(p) => (p.table_property(), false),
        };
        match property {
            Some(ast::TableProperty::PropertyAll(_)) => {
                copied = Copied {
                    comments: on,
                    compression: on,
                    constraints: on,
                    defaults: on,
                    generated: on,
                    identity: on,
                    indexes: on,
                    statistics: on,
                    storage: on,
                };
            }
            Some(ast::TableProperty::PropertyComments(_)) => copied.comments = on,
            Some(ast::TableProperty::PropertyCompression(_)) => copied.compression = on,
            Some(ast::TableProperty::PropertyConstraints(_)) => copied.constraints = on,
            Some(ast::TableProperty::PropertyDefaults(_)) => copied.defaults = on,
            Some(ast::TableProperty::PropertyGenerated(_)) => copied.generated = on,
            Some(ast::TableProperty::PropertyIdentity(_)) => copied.identity = on,
            Some(ast::TableProperty::PropertyIndexes(_)) => copied.indexes = on,
            Some(ast::TableProperty::PropertyStatistics(_)) => copied.statistics = on,
            Some(ast::TableProperty::PropertyStorage(_)) => copied.storage = on,
            None => {}
        }
    }
    copied
}

fn source<'a>(state: &'a State, like: &ast::LikeClause) -> Result<&'a Table, Stop> {
    let path = syntax::path_opt(like.relation_name_ref()).unwrap_or_default();
    match state.find(&path, |n| state.tables.contains(n)) {
        Some(name) => state.table(&name),
        None if state.find(&path, |n| state.views.contains(n) || state.types.contains(n)).is_some() => {
            Err(Stop::not_understood("LIKE of a view or type"))
        }
        None => Err(missing("relation", &path)),
    }
}

/// The columns the clause brings.
pub(crate) fn columns(state: &State, like: &ast::LikeClause) -> Result<Vec<Column>, Stop> {
    let copied = copied(like);
    let table = source(state, like)?;
    let columns = table.columns.iter().map(|c| {
        let mut column = Column {
            name: c.name.clone(),
            data_type: c.data_type.clone(),
            not_null: c.not_null,
            collation: c.collation.clone(),
            ..Column::default()
        };
        if c.generated.is_some() {
            if copied.generated {
                column.generated = c.generated;
                column.default.clone_from(&c.default);
            }
        } else if copied.defaults {
            column.default.clone_from(&c.default);
        }
        if copied.identity {
            column.identity = c.identity;
        }
        if copied.storage {
            column.storage.clone_from(&c.storage);
        }
        if copied.compression {
            column.compression.clone_from(&c.compression);
        }
        if copied.comments {
            column.comment.clone_from(&c.comment);
        }
        column
    });
    Ok(columns.collect())
}

/// An identity column gets a sequence of its own, with the options of the other's.
pub(crate) fn identity_sequence(state: &State, table: &QualifiedName, like: &ast::LikeClause, column: &Column) -> Option<NewColumn> {
    column.identity?;
    let source = source(state, like).ok()?;
    let model = state
        .sequences
        .values()
        .find(|s| s.identity && s.owned_by_table.as_ref() == Some(&source.name) && s.owned_by_column.as_ref() == Some(&column.name))?;
    let mut sequence = column::serial_sequence(state, table, &column.name, &model.data_type);
    // PostgreSQL copies the options without AS.
    "bigint".clone_into(&mut sequence.data_type);
    sequence.start = model.start;
    sequence.min = model.min;
    sequence.max = model.max;
    sequence.increment = model.increment;
    sequence.cycle = model.cycle;
    sequence.cache = model.cache;
    sequence.identity = true;
    Some(NewColumn { column: column.clone(), constraints: Vec::new(), sequence: Some(sequence) })
}

/// Copies check constraints under their names.
pub(crate) fn checks(state: &mut State, table: &QualifiedName, like: &ast::LikeClause) -> Effect {
    let copied = copied(like);
    if !copied.constraints {
        return Ok(());
    }
    let checks: Vec<_> = source(state, like)?.constraints.iter().filter(|c| c.kind == ConstraintKind::Check).cloned().collect();
    for check in checks {
        let Some(expression) = check.expression.as_deref().and_then(|e| expression::parse(e, &AsWritten)) else { continue };
        let pending = Pending {
            name: Some(check.name),
            what: What::Check(expression),
            flags: Flags { no_inherit: check.no_inherit, ..Flags::default() },
            comment: check.comment.filter(|_| copied.comments),
        };
        constraint::add(state, table, &pending)?;
    }
    Ok(())
}

/// Copies indexes with their constraints, and extended statistics.
pub(crate) fn indexes_and_more(state: &mut State, table: &QualifiedName, like: &ast::LikeClause) -> Effect {
    let copied = copied(like);
    let source = source(state, like)?.clone();
    if copied.indexes {
        for found in &source.indexes {
            let mut new = index::again(found);
            new.comment = found.comment.clone().filter(|_| copied.comments && found.constraint.is_none());
            let constraint = source.constraints.iter().find(|c| c.index.as_deref() == Some(&found.name));
            match constraint {
                Some(c) if matches!(c.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique) => {
                    let flags = Flags { deferrable: c.deferrable, deferred: c.deferred, ..Flags::default() };
                    let pending = Pending { name: None, what: What::Key(new), flags, comment: None };
                    constraint::add(state, table, &pending)?;
                }
                Some(_) => return Err(Stop::partly("an exclusion constraint copied by LIKE")),
                None => {
                    index::create(state, table, &new, None)?;
                }
            }
        }
    }
    if copied.statistics {
        for object in &source.statistics {
            let mut copy = object.clone();
            copy.name = super::statistics::free_name(state, table, &object.columns);
            copy.definition = super::statistics::definition(&copy, table);
            state.table_mut(table)?.statistics.push(copy);
        }
    }
    Ok(())
}
