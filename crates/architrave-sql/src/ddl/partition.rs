//! Partitions: keys, bounds, and what a partition takes over from its parent.

use super::constraint::{self, Flags, Pending, What};
use super::expression;
use super::index;
use super::print;
use super::state::State;
use super::syntax;
use super::trigger;
use super::{Effect, Stop};
use architrave_model::catalog::{ConstraintKind, Partitioning, Table};
use architrave_model::name::QualifiedName;
use squawk_syntax::ast::{self, AstNode};

/// The key of a partitioned table.
pub(crate) fn key(by: &ast::PartitionBy, state: &State) -> Partitioning {
    let strategy = by.partition_strategy().map(|s| syntax::words(s.syntax()).concat().to_ascii_uppercase()).unwrap_or_default();
    let keys: Vec<_> = by
        .partition_item_list()
        .iter()
        .flat_map(ast::PartitionItemList::partition_items)
        .map(|i| index::read_key(i.syntax(), "", state))
        .collect();
    let parts: Vec<String> = keys.iter().map(|k| index::key_text(k, "")).collect();
    Partitioning {
        columns: keys.iter().filter_map(|k| k.column.clone()).collect(),
        definition: format!("{strategy} ({})", parts.join(", ")),
        strategy,
    }
}

/// A bound as `pg_get_expr` prints it: `FOR VALUES FROM (1) TO (10)`.
pub(crate) fn bound(node: &ast::PartitionType, state: &State) -> String {
    let values = |exprs: &mut dyn Iterator<Item = ast::Expr>| {
        let texts: Vec<String> = exprs.map(|e| bound_value(&e, state)).collect();
        texts.join(", ")
    };
    match node {
        ast::PartitionType::PartitionDefault(_) => "DEFAULT".to_owned(),
        ast::PartitionType::PartitionForValuesIn(list) => format!("FOR VALUES IN ({})", values(&mut list.exprs())),
        ast::PartitionType::PartitionForValuesFrom(range) => {
            let from = range.from().map(|f| values(&mut f.exprs())).unwrap_or_default();
            let to = range.to().map(|t| values(&mut t.exprs())).unwrap_or_default();
            format!("FOR VALUES FROM ({from}) TO ({to})")
        }
        ast::PartitionType::PartitionForValuesWith(hash) => {
            let parts: Vec<String> = hash.bounds().map(|b| syntax::words(b.syntax()).join(" ")).collect();
            format!("FOR VALUES WITH ({})", parts.join(", "))
        }
    }
}

fn bound_value(expr: &ast::Expr, state: &State) -> String {
    match expression::read(expr, state) {
        expression::Expression::Text(text) => architrave_model::name::quote_literal(&text),
        expression::Expression::Cast(inner, _) => match *inner {
            expression::Expression::Text(text) => architrave_model::name::quote_literal(&text),
            other => print::print(&other),
        },
        expression::Expression::Name(path) => path.last().map(|w| w.to_ascii_uppercase()).unwrap_or_default(),
        other => print::print(&other),
    }
}

/// Gives a new partition its parent's indexes, keys, foreign keys and row triggers.
pub(crate) fn take_over(state: &mut State, parent: &QualifiedName, partition: &QualifiedName) -> Effect {
    let source = state.table(parent)?.clone();
    for found in &source.indexes {
        let own = QualifiedName::new(&parent.schema, &found.name);
        let constraint = source.constraints.iter().find(|c| c.index.as_deref() == Some(&found.name));
        match constraint {
            Some(c) if matches!(c.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique) => {
                if found.primary {
                    for column in &c.columns {
                        constraint::set_not_null(state, partition, column)?;
                    }
                }
                let new = index::again(found);
                let pending = Pending {
                    name: None,
                    what: What::Key(new.clone()),
                    flags: Flags { deferrable: c.deferrable, deferred: c.deferred, ..Flags::default() },
                    comment: None,
                };
                constraint::key_for_partition(state, partition, &pending, &new, &own)?;
            }
            _ => index::copy_to_partition(state, partition, &index::again(found), &own)?,
        }
    }
    for trigger in source.triggers.iter().filter(|t| t.row) {
        trigger::copy_to_partition(state, partition, trigger)?;
    }
    for key in source.constraints.iter().filter(|c| c.kind == ConstraintKind::ForeignKey) {
        constraint::clone_foreign_key(state, partition, key)?;
    }
    Ok(())
}

/// ATTACH PARTITION.
pub(crate) fn attach(state: &mut State, parent: &QualifiedName, node: &ast::AttachPartition) -> Effect {
    let path = syntax::path_opt(node.table_name_ref()).unwrap_or_default();
    let partition = state.table_name(&path)?;
    let text = node.partition_type().map(|p| bound(&p, state));
    let source = state.table(parent)?.clone();
    let identity_follows = state.options.server_major >= 17;
    let target = state.table_mut(&partition)?;
    if target.is_partition {
        return Err(Stop::fail("42809", format!("\"{}\" is already a partition", partition.name)));
    }
    check_fits(&source, target)?;
    target.is_partition = true;
    target.partition_bound = text;
    target.parents.push(parent.clone());
    for column in &mut target.columns {
        column.inherited = true;
        if identity_follows {
            column.identity = source.column(&column.name).and_then(|c| c.identity);
        }
    }
    for constraint in target.constraints.iter_mut().filter(|c| c.kind == ConstraintKind::Check) {
        constraint.inherited |= source.constraints.iter().any(|s| s.kind == ConstraintKind::Check && s.name == constraint.name);
    }
    super::table::register_heir(state, parent, &partition);
    take_over(state, parent, &partition)
}

/// Whether a table can stand below another: its columns and checks must be there.
pub(crate) fn check_fits(parent: &Table, child: &Table) -> Effect {
    for column in &parent.columns {
        let Some(own) = child.column(&column.name) else {
            return Err(Stop::fail("42804", format!("child table is missing column \"{}\"", column.name)));
        };
        if own.data_type != column.data_type {
            return Err(Stop::fail("42804", format!("child table has different type for column \"{}\"", column.name)));
        }
        if column.not_null && !own.not_null {
            return Err(Stop::fail("42804", format!("column \"{}\" in child table must be marked NOT NULL", column.name)));
        }
    }
    let checks = parent.constraints.iter().filter(|c| c.kind == ConstraintKind::Check && !c.no_inherit);
    for check in checks {
        if !child.constraints.iter().any(|c| c.name == check.name) {
            return Err(Stop::fail("42804", format!("child table is missing constraint \"{}\"", check.name)));
        }
    }
    Ok(())
}

/// DETACH PARTITION: what it took over becomes its own.
pub(crate) fn detach(state: &mut State, parent: &QualifiedName, node: &ast::DetachPartition) -> Effect {
    let path = syntax::path_opt(node.table_name_ref()).unwrap_or_default();
    let partition = state.table_name(&path)?;
    super::table::unregister_heir(state, parent, &partition);
    let target = state.table_mut(&partition)?;
    target.is_partition = false;
    target.partition_bound = None;
    target.parents.retain(|p| p != parent);
    target.triggers.retain(|t| !t.inherited);
    for column in &mut target.columns {
        column.inherited = false;
    }
    for constraint in &mut target.constraints {
        constraint.inherited = false;
    }
    for index in &mut target.indexes {
        index.parent = None;
    }
    Ok(())
}
