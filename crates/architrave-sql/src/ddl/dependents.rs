//! What hangs on what: dropping an object takes its own parts along, and others only with CASCADE.

use super::expression::{self, AsWritten};
use super::state::State;
use super::walk;
use super::{Effect, Stop};
use architrave_model::catalog::{ConstraintKind, Table, View};
use architrave_model::name::{QualifiedName, quote_ident};

/// The refusal of a drop without CASCADE.
fn refused(what: &str, name: &str, because: &str) -> Stop {
    Stop::fail("2BP01", format!("cannot drop {what} {name} because other objects depend on it ({because})"))
}

/// Names in an expression's text.
fn mentions(text: &str, name: &str) -> bool {
    match expression::parse(text, &AsWritten) {
        Some(expression) => {
            let mut found = false;
            walk::names(&expression, &mut |path| found |= path.iter().any(|p| p == name));
            found
        }
        None => text.contains(name),
    }
}

/// Whether a view's text speaks of a column of that name.
pub(crate) fn view_mentions(view: &View, column: &str) -> bool {
    let quoted = quote_ident(column);
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '"';
    view.definition.match_indices(&quoted).any(|(at, found)| {
        let before = view.definition[..at].chars().next_back();
        let after = view.definition[at + found.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Sequences owned by a column.
pub(crate) fn sequences_of(state: &State, table: &QualifiedName, column: &str) -> Vec<QualifiedName> {
    let owned =
        |s: &&architrave_model::catalog::Sequence| s.owned_by_table.as_ref() == Some(table) && s.owned_by_column.as_deref() == Some(column);
    state.sequences.values().filter(owned).map(|s| s.name.clone()).collect()
}

/// Drops the sequences that a column owns.
pub(crate) fn drop_sequence_of(state: &mut State, table: &QualifiedName, column: &str) {
    for name in sequences_of(state, table, column) {
        state.sequences.remove(&name);
    }
}

/// DROP COLUMN, here and in the tables below.
pub(crate) fn drop_column(state: &mut State, table: &QualifiedName, column: &str, cascade: bool) -> Effect {
    let views: Vec<QualifiedName> =
        state.views.values().filter(|v| v.depends_on.contains(table) && view_mentions(v, column)).map(|v| v.name.clone()).collect();
    if let Some(first) = views.first()
        && !cascade
    {
        return Err(refused("column", column, &format!("view {}", first.name)));
    }
    for view in views {
        drop_view(state, &view, true)?;
    }
    let found = state.table(table)?;
    let users: Vec<String> = found
        .policies
        .iter()
        .filter(|p| p.using.iter().chain(&p.with_check).any(|e| mentions(e, column)))
        .map(|p| p.name.clone())
        .collect();
    let generated: Vec<String> = found
        .columns
        .iter()
        .filter(|c| c.generated.is_some() && c.name != column && c.default.as_deref().is_some_and(|d| mentions(d, column)))
        .map(|c| c.name.clone())
        .collect();
    if !cascade && let Some(first) = users.first().or(generated.first()) {
        return Err(refused("column", column, first));
    }
    let keys: Vec<String> = found
        .constraints
        .iter()
        .filter(|c| c.columns.iter().any(|x| x == column) && c.kind != ConstraintKind::Check)
        .map(|c| c.name.clone())
        .collect();
    for key in keys {
        drop_constraint(state, table, &key, cascade)?;
    }
    let target = state.table_mut(table)?;
    target.policies.retain(|p| !users.contains(&p.name));
    target.constraints.retain(|c| !(c.kind == ConstraintKind::Check && c.columns.iter().any(|x| x == column)));
    target.statistics.retain(|s| !s.columns.iter().any(|c| c == column));
    target.triggers.retain(|t| !t.columns.iter().any(|c| c == column));
    target.columns.retain(|c| c.name != column);
    drop_indexes_on(state, table, column)?;
    drop_sequence_of(state, table, column);
    for name in generated {
        drop_column(state, table, &name, cascade)?;
    }
    unpublish_column(state, table, column);
    for heir in state.heirs_of(table) {
        let inherited = state.table(&heir)?.column(column).is_some_and(|c| c.inherited);
        let partition = state.table(&heir)?.is_partition;
        if inherited || partition {
            drop_column(state, &heir, column, cascade)?;
        }
    }
    Ok(())
}

fn unpublish_column(state: &mut State, table: &QualifiedName, column: &str) {
    let hit: Vec<String> = state
        .publications
        .values()
        .filter(|p| p.tables.iter().any(|t| t.table == *table && t.columns.as_ref().is_some_and(|c| c.iter().any(|x| x == column))))
        .map(|p| p.name.clone())
        .collect();
    for name in hit {
        if let Some(publication) = state.publications.get_mut(&name) {
            publication.tables.retain(|t| t.table != *table);
        }
    }
}

fn drop_indexes_on(state: &mut State, table: &QualifiedName, column: &str) -> Effect {
    let names: Vec<String> = state
        .table(table)?
        .indexes
        .iter()
        .filter(|i| {
            i.keys.iter().any(|k| k.column.as_deref() == Some(column) || k.expression.as_deref().is_some_and(|e| mentions(e, column)))
                || i.include.iter().any(|c| c == column)
                || i.predicate.as_deref().is_some_and(|p| mentions(p, column))
        })
        .map(|i| i.name.clone())
        .collect();
    for name in names {
        remove_index(state, table, &name);
    }
    Ok(())
}

/// Takes an index away, with the copies of it on partitions.
pub(crate) fn remove_index(state: &mut State, owner: &QualifiedName, name: &str) {
    let own = QualifiedName::new(&owner.schema, name);
    state.index_owners.remove(&own);
    if let Some(indexes) = state.indexes_mut(owner) {
        indexes.retain(|i| i.name != name);
    }
    for heir in state.heirs_of(owner) {
        let copies: Vec<(String, Option<String>)> = state
            .tables
            .get(&heir)
            .map(|t| t.indexes.iter().filter(|i| i.parent.as_ref() == Some(&own)).map(|i| (i.name.clone(), i.constraint.clone())).collect())
            .unwrap_or_default();
        for (copy, constraint) in copies {
            if let (Some(constraint), Some(table)) = (constraint, state.tables.get_mut(&heir)) {
                table.constraints.retain(|c| c.name != constraint);
            }
            remove_index(state, &heir, &copy);
        }
    }
}

/// Drops a constraint with its index; foreign keys that refer to it go only with CASCADE.
pub(crate) fn drop_constraint(state: &mut State, table: &QualifiedName, name: &str, cascade: bool) -> Effect {
    let Some(found) = state.table(table)?.constraints.iter().find(|c| c.name == name).cloned() else { return Ok(()) };
    if matches!(found.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique) {
        drop_referrers(state, table, &found.columns, cascade, name)?;
    }
    state.table_mut(table)?.constraints.retain(|c| c.name != name);
    if let Some(index) = &found.index {
        remove_index(state, table, index);
    }
    for heir in state.heirs_of(table) {
        let copy = state.table(&heir)?.constraints.iter().find(|c| c.inherited && same_constraint(c, &found)).map(|c| c.name.clone());
        if let Some(copy) = copy {
            drop_constraint(state, &heir, &copy, cascade)?;
        }
    }
    Ok(())
}

fn same_constraint(a: &architrave_model::catalog::Constraint, b: &architrave_model::catalog::Constraint) -> bool {
    a.kind == b.kind
        && match a.kind {
            ConstraintKind::Check => a.name == b.name,
            _ => a.columns == b.columns && a.references == b.references,
        }
}

fn drop_referrers(state: &mut State, table: &QualifiedName, columns: &[String], cascade: bool, what: &str) -> Effect {
    // Another key over the same columns would serve the foreign keys as well, but each depends on the one it was made for.
    let referrers: Vec<(QualifiedName, String)> = state
        .tables
        .iter()
        .flat_map(|(name, t)| t.constraints.iter().map(move |c| (name, c)))
        .filter(|(_, c)| {
            c.references
                .as_ref()
                .is_some_and(|r| &r.table == table && r.columns.len() == columns.len() && r.columns.iter().all(|x| columns.contains(x)))
        })
        .map(|(name, c)| (name.clone(), c.name.clone()))
        .collect();
    for (owner, constraint) in referrers {
        if !cascade {
            return Err(refused("constraint", what, &format!("constraint {constraint} on table {}", owner.name)));
        }
        state.table_mut(&owner)?.constraints.retain(|c| c.name != constraint);
    }
    Ok(())
}

/// Drops a table with all that is part of it.
pub(crate) fn drop_table(state: &mut State, name: &QualifiedName, cascade: bool, together: &[QualifiedName]) -> Effect {
    drop_table_at(state, name, cascade, together)
}

fn drop_table_at(state: &mut State, name: &QualifiedName, cascade: bool, together: &[QualifiedName]) -> Effect {
    let Some(table) = state.tables.get(name).cloned() else { return Ok(()) };
    let referrers: Vec<(QualifiedName, String)> = state
        .tables
        .iter()
        .filter(|(owner, _)| *owner != name)
        .flat_map(|(owner, t)| t.constraints.iter().map(move |c| (owner, c)))
        .filter(|(_, c)| c.references.as_ref().is_some_and(|r| r.table == *name))
        .map(|(owner, c)| (owner.clone(), c.name.clone()))
        .collect();
    for (owner, constraint) in referrers {
        if !cascade && !together.contains(&owner) {
            return Err(refused("table", &name.name, &format!("constraint {constraint} on table {}", owner.name)));
        }
        state.table_mut(&owner)?.constraints.retain(|c| c.name != constraint);
    }
    let views: Vec<QualifiedName> = state.views.values().filter(|v| v.depends_on.contains(name)).map(|v| v.name.clone()).collect();
    for view in views {
        if !cascade && !together.contains(&view) {
            return Err(refused("table", &name.name, &format!("view {}", view.name)));
        }
        drop_view(state, &view, true)?;
    }
    for heir in state.heirs_of(name) {
        let partition = state.tables.get(&heir).is_some_and(|t| t.is_partition);
        if !partition && !cascade && !together.contains(&heir) {
            return Err(refused("table", &name.name, &format!("table {}", heir.name)));
        }
        drop_table_at(state, &heir, cascade, together)?;
    }
    remove_parts(state, &table);
    for parent in &table.parents {
        super::table::unregister_heir(state, parent, name);
    }
    state.heirs.remove(name);
    state.tables.remove(name);
    Ok(())
}

fn remove_parts(state: &mut State, table: &Table) {
    for index in &table.indexes {
        state.index_owners.remove(&QualifiedName::new(&table.name.schema, &index.name));
    }
    let sequences: Vec<QualifiedName> =
        state.sequences.values().filter(|s| s.owned_by_table.as_ref() == Some(&table.name)).map(|s| s.name.clone()).collect();
    for sequence in sequences {
        state.sequences.remove(&sequence);
    }
    let publications: Vec<String> =
        state.publications.values().filter(|p| p.tables.iter().any(|t| t.table == table.name)).map(|p| p.name.clone()).collect();
    for publication in publications {
        if let Some(publication) = state.publications.get_mut(&publication) {
            publication.tables.retain(|t| t.table != table.name);
        }
    }
    drop_policies_over(state, &table.name);
}

/// Policies of other tables that read this one in a subquery.
fn drop_policies_over(state: &mut State, name: &QualifiedName) {
    let sql = name.sql();
    let owners: Vec<QualifiedName> = state
        .tables
        .values()
        .filter(|t| t.name != *name && t.policies.iter().any(|p| p.using.iter().chain(&p.with_check).any(|e| reads(e, &sql))))
        .map(|t| t.name.clone())
        .collect();
    for owner in owners {
        if let Some(table) = state.tables.get_mut(&owner) {
            table.policies.retain(|p| !p.using.iter().chain(&p.with_check).any(|e| reads(e, &sql)));
        }
    }
}

/// Whether an expression's text has that table in a FROM.
fn reads(text: &str, sql: &str) -> bool {
    text.match_indices(sql).any(|(at, found)| {
        let before = &text[..at];
        let after = text[at + found.len()..].chars().next();
        let starts = before.ends_with("FROM ") || before.ends_with("JOIN ") || before.ends_with('(') || before.ends_with(", ");
        starts && !after.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '"')
    })
}

/// Drops a view and the views upon it.
pub(crate) fn drop_view(state: &mut State, name: &QualifiedName, cascade: bool) -> Effect {
    let above: Vec<QualifiedName> =
        state.views.values().filter(|v| v.depends_on.contains(name) && v.name != *name).map(|v| v.name.clone()).collect();
    if let Some(first) = above.first()
        && !cascade
    {
        return Err(refused("view", &name.name, &format!("view {}", first.name)));
    }
    if let Some(view) = state.views.remove(name) {
        for index in &view.indexes {
            state.index_owners.remove(&QualifiedName::new(&name.schema, &index.name));
        }
    }
    for view in above {
        drop_view(state, &view, true)?;
    }
    Ok(())
}

/// Drops a sequence; defaults that take from it go only with CASCADE.
pub(crate) fn drop_sequence(state: &mut State, name: &QualifiedName, cascade: bool) -> Effect {
    let marker = super::column::nextval(name);
    let users: Vec<(QualifiedName, String)> = state
        .tables
        .iter()
        .flat_map(|(table, t)| t.columns.iter().map(move |c| (table, c)))
        .filter(|(_, c)| c.default.as_deref().is_some_and(|d| d.contains(&marker)))
        .map(|(table, c)| (table.clone(), c.name.clone()))
        .collect();
    for (table, column) in users {
        if !cascade {
            return Err(refused("sequence", &name.name, &format!("default value for column {column} of table {}", table.name)));
        }
        if let Some(column) = state.table_mut(&table)?.columns.iter_mut().find(|c| c.name == column) {
            column.default = None;
        }
    }
    state.sequences.remove(name);
    Ok(())
}

/// Whether a printed type is that type or an array of it.
fn is_of_type(printed: &str, ty: &str) -> bool {
    super::type_name::without_modifier(printed).trim_end_matches("[]") == ty
}

/// Drops a type; columns and functions that use it go only with CASCADE.
pub(crate) fn drop_type(state: &mut State, name: &QualifiedName, cascade: bool) -> Effect {
    let sql = name.sql();
    let columns: Vec<(QualifiedName, String)> = state
        .tables
        .iter()
        .flat_map(|(table, t)| t.columns.iter().map(move |c| (table, c)))
        .filter(|(_, c)| is_of_type(&c.data_type, &sql))
        .map(|(table, c)| (table.clone(), c.name.clone()))
        .collect();
    for (table, column) in columns {
        if !cascade {
            return Err(refused("type", &name.name, &format!("column {column} of table {}", table.name)));
        }
        drop_column(state, &table, &column, true)?;
    }
    let uses = |f: &architrave_model::catalog::Function| {
        f.identity_arguments.contains(&sql) || f.result.as_deref().is_some_and(|r| r.contains(&sql))
    };
    let functions: Vec<QualifiedName> = state.functions.iter().filter(|(_, list)| list.iter().any(uses)).map(|(n, _)| n.clone()).collect();
    for function in functions {
        if !cascade {
            return Err(refused("type", &name.name, &format!("function {}", function.name)));
        }
        if let Some(list) = state.functions.get_mut(&function) {
            list.retain(|f| !uses(f));
            if list.is_empty() {
                state.functions.remove(&function);
            }
        }
    }
    state.types.remove(name);
    Ok(())
}

/// Drops what uses a function, or refuses.
pub(crate) fn before_function_goes(state: &mut State, name: &QualifiedName, cascade: bool) -> Effect {
    let triggered: Vec<QualifiedName> =
        state.tables.values().filter(|t| t.triggers.iter().any(|x| x.function == *name)).map(|t| t.name.clone()).collect();
    let called = |text: &str| calls(text, name);
    let guarded: Vec<QualifiedName> = state
        .tables
        .values()
        .filter(|t| {
            t.policies.iter().any(|p| p.using.iter().chain(&p.with_check).any(|e| called(e)))
                || t.columns.iter().any(|c| c.default.as_deref().is_some_and(called))
                || t.constraints.iter().any(|c| c.expression.as_deref().is_some_and(called))
        })
        .map(|t| t.name.clone())
        .collect();
    if !cascade && let Some(first) = triggered.first().or(guarded.first()) {
        return Err(refused("function", &name.name, &format!("table {}", first.name)));
    }
    let watched: Vec<QualifiedName> =
        state.views.values().filter(|v| v.triggers.iter().any(|x| x.function == *name)).map(|v| v.name.clone()).collect();
    for view in watched {
        if !cascade {
            return Err(refused("function", &name.name, &format!("view {}", view.name)));
        }
        if let Some(view) = state.views.get_mut(&view) {
            view.triggers.retain(|t| t.function != *name);
        }
    }
    for table in triggered {
        state.table_mut(&table)?.triggers.retain(|t| t.function != *name);
    }
    for table in guarded {
        let target = state.table_mut(&table)?;
        target.policies.retain(|p| !p.using.iter().chain(&p.with_check).any(|e| called(e)));
        target.constraints.retain(|c| !c.expression.as_deref().is_some_and(called));
        for column in &mut target.columns {
            if column.default.as_deref().is_some_and(called) {
                column.default = None;
            }
        }
    }
    let event_triggers: Vec<String> = state.event_triggers.values().filter(|t| t.function == *name).map(|t| t.name.clone()).collect();
    for trigger in event_triggers {
        if !cascade {
            return Err(refused("function", &name.name, &format!("event trigger {trigger}")));
        }
        state.event_triggers.remove(&trigger);
    }
    Ok(())
}

/// Whether an expression's text calls that function.
fn calls(text: &str, name: &QualifiedName) -> bool {
    text.contains(&format!("{}(", name.sql()))
}
