//! Sequences: CREATE and ALTER SEQUENCE, and the options that identity columns share with them.

use super::acl::AclKind;
use super::state::{State, missing};
use super::syntax;
use super::type_name;
use super::{Effect, Stop};
use architrave_model::catalog::Sequence;
use architrave_model::name::QualifiedName;
use squawk_syntax::ast;

/// A sequence as it is when nothing but its type is said.
pub(crate) fn fresh(name: QualifiedName, integer: &str) -> Sequence {
    Sequence {
        name,
        data_type: integer.to_owned(),
        start: 1,
        min: 1,
        max: limit(integer),
        increment: 1,
        cycle: false,
        cache: 1,
        ..Sequence::default()
    }
}

fn limit(integer: &str) -> i64 {
    match integer {
        "smallint" => i64::from(i16::MAX),
        "integer" => i64::from(i32::MAX),
        _ => i64::MAX,
    }
}

fn lowest(integer: &str) -> i64 {
    match integer {
        "smallint" => i64::from(i16::MIN),
        "integer" => i64::from(i32::MIN),
        _ => i64::MIN,
    }
}

/// Applies options in PostgreSQL's order of meaning; a new sequence derives what is not said.
pub(crate) fn apply_options(state: &State, sequence: &mut Sequence, options: &[ast::SequenceOption], new: bool) -> Result<(), Stop> {
    let (mut min, mut max, mut start) = (None, None, None);
    let (mut no_min, mut no_max) = (false, false);
    for option in options {
        match option {
            ast::SequenceOption::OptionAsType(ty) => {
                if let Some(ty) = ty.ty() {
                    let text = type_name::read(&ty, state).text;
                    if sequence.max == limit(&sequence.data_type) {
                        sequence.max = limit(&text);
                    }
                    if sequence.min == lowest(&sequence.data_type) {
                        sequence.min = lowest(&text);
                    }
                    sequence.data_type = text;
                }
            }
            ast::SequenceOption::OptionIncrement(value) => {
                sequence.increment = value.expr().and_then(|e| syntax::integer(&e)).unwrap_or(1);
            }
            ast::SequenceOption::OptionMinValue(value) => min = value.expr().and_then(|e| syntax::integer(&e)),
            ast::SequenceOption::OptionMaxValue(value) => max = value.expr().and_then(|e| syntax::integer(&e)),
            ast::SequenceOption::OptionNoMinValue(_) => no_min = true,
            ast::SequenceOption::OptionNoMaxValue(_) => no_max = true,
            ast::SequenceOption::OptionStart(value) => start = value.expr().and_then(|e| syntax::integer(&e)),
            ast::SequenceOption::OptionCache(value) => sequence.cache = value.expr().and_then(|e| syntax::integer(&e)).unwrap_or(1),
            ast::SequenceOption::OptionCycle(_) => sequence.cycle = true,
            ast::SequenceOption::OptionNoCycle(_) => sequence.cycle = false,
            ast::SequenceOption::OptionSequenceName(name) => {
                if let Some(path) = syntax::path_opt(name.sequence()) {
                    sequence.name = state.new_name(&path)?;
                }
            }
            ast::SequenceOption::OptionOwnedBy(_)
            | ast::SequenceOption::OptionRestart(_)
            | ast::SequenceOption::OptionLogged(_)
            | ast::SequenceOption::OptionUnlogged(_) => {}
        }
    }
    let descending = sequence.increment < 0;
    if new || no_min {
        sequence.min = if descending { lowest(&sequence.data_type) } else { 1 };
    }
    if new || no_max {
        sequence.max = if descending { -1 } else { limit(&sequence.data_type) };
    }
    sequence.min = min.unwrap_or(sequence.min);
    sequence.max = max.unwrap_or(sequence.max);
    if new {
        sequence.start = if descending { sequence.max } else { sequence.min };
    }
    sequence.start = start.unwrap_or(sequence.start);
    Ok(())
}

/// Applies OWNED BY, if it is among the options.
fn apply_ownership(state: &State, sequence: &mut Sequence, options: &[ast::SequenceOption]) -> Result<(), Stop> {
    for option in options {
        let ast::SequenceOption::OptionOwnedBy(owned) = option else { continue };
        if let Some(ast::OwnedByTarget::QualifiedColumnNameRef(column)) = owned.owned_by_target() {
            let path = syntax::path(&column);
            let Some((column, table)) = path.split_last() else { continue };
            let table = state.table_name(table)?;
            if state.table(&table)?.column(column).is_none() {
                return Err(super::constraint::missing_column(&table, column));
            }
            sequence.owned_by_table = Some(table);
            sequence.owned_by_column = Some(column.clone());
        } else {
            sequence.owned_by_table = None;
            sequence.owned_by_column = None;
        }
    }
    Ok(())
}

/// CREATE SEQUENCE.
pub(crate) fn create(state: &mut State, node: &ast::CreateSequence) -> Effect {
    let name = state.new_name(&syntax::path_opt(node.sequence()).unwrap_or_default())?;
    if matches!(node.persistence(), Some(ast::Persistence::Temp(_))) {
        return Err(Stop::NoEffect);
    }
    if state.relation_exists(&name) {
        return if node.if_not_exists().is_some() {
            Err(Stop::NoEffect)
        } else {
            Err(Stop::fail("42P07", format!("relation \"{}\" already exists", name.name)))
        };
    }
    let options: Vec<ast::SequenceOption> = node.sequence_options().collect();
    let mut sequence = fresh(name.clone(), "bigint");
    apply_options(state, &mut sequence, &options, true)?;
    apply_ownership(state, &mut sequence, &options)?;
    sequence.owner = state.role();
    sequence.grants = state.initial_grants(AclKind::Sequence, Some(&name.schema));
    state.sequences.insert(name, sequence);
    Ok(())
}

/// The options part of ALTER SEQUENCE.
pub(crate) fn alter_options(state: &mut State, name: &QualifiedName, options: &[ast::SequenceOption]) -> Effect {
    let Some(mut sequence) = state.sequences.get(name).cloned() else {
        return Err(missing("relation", std::slice::from_ref(&name.name)));
    };
    apply_options(state, &mut sequence, options, false)?;
    apply_ownership(state, &mut sequence, options)?;
    state.sequences.insert(name.clone(), sequence);
    Ok(())
}
