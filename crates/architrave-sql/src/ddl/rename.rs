//! RENAME, SET SCHEMA and OWNER TO of relations and their parts, with everything that carries the old name.

use super::acl;
use super::constraint;
use super::expression::{self, AsWritten, Expression};
use super::index;
use super::role;
use super::state::{State, missing};
use super::syntax;
use super::{Effect, Stop};
use architrave_model::catalog::Table;
use architrave_model::name::{QualifiedName, quote_ident};
use squawk_syntax::ast;

/// Gives a relation of any kind a new name in its schema.
pub(crate) fn relation(state: &mut State, old: &QualifiedName, new: &str) -> Result<QualifiedName, Stop> {
    move_relation(state, old, QualifiedName::new(&old.schema, new))
}

/// Moves a relation of any kind to another schema, with its indexes and owned sequences.
pub(crate) fn relation_schema(state: &mut State, old: &QualifiedName, schema: Option<ast::SchemaRef>) -> Effect {
    let schema = schema.map(|s| syntax::name(&s)).unwrap_or_default();
    if !state.schemas.contains(&schema) {
        return Err(Stop::fail("3F000", format!("schema \"{schema}\" does not exist")));
    }
    if schema == old.schema {
        return Err(Stop::NoEffect);
    }
    let sequences: Vec<QualifiedName> =
        state.sequences.values().filter(|s| s.owned_by_table.as_ref() == Some(old)).map(|s| s.name.clone()).collect();
    move_relation(state, old, QualifiedName::new(&schema, &old.name))?;
    for sequence in sequences {
        move_relation(state, &sequence, QualifiedName::new(&schema, &sequence.name))?;
    }
    Ok(())
}

fn move_relation(state: &mut State, old: &QualifiedName, new: QualifiedName) -> Result<QualifiedName, Stop> {
    if state.relation_exists(&new) {
        return Err(Stop::fail("42P07", format!("relation \"{}\" already exists", new.name)));
    }
    if let Some(owner) = state.index_owners.get(old).cloned() {
        rename_index(state, &owner, &old.name, &new.name)?;
        return Ok(new);
    }
    if let Some(mut table) = state.tables.remove(old) {
        table.name = new.clone();
        move_indexes(state, &table.indexes.iter().map(|i| i.name.clone()).collect::<Vec<_>>(), old, &new);
        state.tables.insert(new.clone(), table);
        rename_references(state, old, &new);
    } else if let Some(mut view) = state.views.remove(old) {
        view.name = new.clone();
        move_indexes(state, &view.indexes.iter().map(|i| i.name.clone()).collect::<Vec<_>>(), old, &new);
        state.views.insert(new.clone(), view);
        rename_in_views(state, old, &new);
    } else if let Some(mut sequence) = state.sequences.remove(old) {
        sequence.name = new.clone();
        state.sequences.insert(new.clone(), sequence);
        rename_in_defaults(state, &super::column::nextval(old), &super::column::nextval(&new));
    } else {
        return Err(missing("relation", std::slice::from_ref(&old.name)));
    }
    index::redefine_all(state, &new);
    Ok(new)
}

fn move_indexes(state: &mut State, names: &[String], old: &QualifiedName, new: &QualifiedName) {
    for name in names {
        state.index_owners.remove(&QualifiedName::new(&old.schema, name));
        state.index_owners.insert(QualifiedName::new(&new.schema, name), new.clone());
    }
}

/// Everything that names a table.
fn rename_references(state: &mut State, old: &QualifiedName, new: &QualifiedName) {
    let swap = |name: &mut QualifiedName| {
        if name == old {
            name.clone_from(new);
        }
    };
    let tables: Vec<QualifiedName> =
        state.tables.values().filter(|t| names_table(t, old) || t.name == *new).map(|t| t.name.clone()).collect();
    for name in tables {
        let Some(table) = state.tables.get_mut(&name) else { continue };
        table.parents.iter_mut().for_each(swap);
        for constraint in &mut table.constraints {
            if let Some(reference) = &mut constraint.references
                && reference.table == *old
            {
                reference.table.clone_from(new);
                constraint::redefine(constraint);
            }
        }
        for index in &mut table.indexes {
            if let Some(parent) = &mut index.parent
                && parent.schema == old.schema
                && name.schema != new.schema
            {
                parent.schema.clone_from(&new.schema);
            }
        }
        if name == *new {
            for trigger in &mut table.triggers {
                trigger.definition = trigger.definition.replacen(&format!(" ON {} ", old.sql()), &format!(" ON {} ", new.sql()), 1);
            }
            for object in &mut table.statistics {
                object.definition = object.definition.replacen(&format!(" FROM {}", old.sql()), &format!(" FROM {}", new.sql()), 1);
            }
        }
        for policy in &mut table.policies {
            for text in policy.using.iter_mut().chain(&mut policy.with_check) {
                *text = replace_word(text, &old.sql(), &new.sql());
            }
        }
    }
    let sequences: Vec<QualifiedName> =
        state.sequences.values().filter(|s| s.owned_by_table.as_ref() == Some(old)).map(|s| s.name.clone()).collect();
    for name in sequences {
        if let Some(sequence) = state.sequences.get_mut(&name) {
            sequence.owned_by_table = Some(new.clone());
        }
    }
    if let Some(heirs) = state.heirs.remove(old) {
        state.heirs.insert(new.clone(), heirs);
    }
    let parents: Vec<QualifiedName> = state.heirs.iter().filter(|(_, list)| list.contains(old)).map(|(p, _)| p.clone()).collect();
    for parent in parents {
        if let Some(list) = state.heirs.get_mut(&parent) {
            list.iter_mut().for_each(swap);
        }
    }
    let publications: Vec<String> =
        state.publications.values().filter(|p| p.tables.iter().any(|t| t.table == *old)).map(|p| p.name.clone()).collect();
    for name in publications {
        if let Some(publication) = state.publications.get_mut(&name) {
            publication.tables.iter_mut().for_each(|t| swap(&mut t.table));
        }
    }
    rename_in_views(state, old, new);
}

fn names_table(table: &Table, name: &QualifiedName) -> bool {
    table.parents.contains(name)
        || table.constraints.iter().any(|c| c.references.as_ref().is_some_and(|r| r.table == *name))
        || table.policies.iter().any(|p| p.using.iter().chain(&p.with_check).any(|e| e.contains(&name.sql())))
        || (table.is_partition && table.indexes.iter().any(|i| i.parent.is_some()))
}

fn rename_in_views(state: &mut State, old: &QualifiedName, new: &QualifiedName) {
    let views: Vec<QualifiedName> = state.views.values().filter(|v| v.depends_on.contains(old)).map(|v| v.name.clone()).collect();
    for name in views {
        if let Some(view) = state.views.get_mut(&name) {
            for dependency in &mut view.depends_on {
                if dependency == old {
                    dependency.clone_from(new);
                }
            }
            view.depends_on.sort();
            view.definition = replace_word(&view.definition, &old.sql(), &new.sql());
        }
    }
}

fn rename_in_defaults(state: &mut State, old: &str, new: &str) {
    let tables: Vec<QualifiedName> = state
        .tables
        .values()
        .filter(|t| t.columns.iter().any(|c| c.default.as_deref().is_some_and(|d| d.contains(old))))
        .map(|t| t.name.clone())
        .collect();
    for name in tables {
        if let Some(table) = state.tables.get_mut(&name) {
            for column in &mut table.columns {
                column.default = column.default.take().map(|d| d.replace(old, new));
            }
        }
    }
}

/// Replaces a name that stands alone in a text.
pub(crate) fn replace_word(text: &str, old: &str, new: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(old) {
        let before = rest[..at].chars().next_back();
        let after = rest[at + old.len()..].chars().next();
        let part = |c: char| c.is_alphanumeric() || c == '_' || c == '"';
        result.push_str(&rest[..at]);
        let alone = !before.is_some_and(|c| part(c) || c == '.') && !after.is_some_and(part);
        result.push_str(if alone { new } else { old });
        rest = &rest[at + old.len()..];
    }
    result.push_str(rest);
    result
}

/// Gives an index a new name; the constraint it backs follows.
pub(crate) fn rename_index(state: &mut State, owner: &QualifiedName, old: &str, new: &str) -> Effect {
    let full = QualifiedName::new(&owner.schema, new);
    if state.relation_exists(&full) {
        return Err(Stop::fail("42P07", format!("relation \"{new}\" already exists")));
    }
    state.index_owners.remove(&QualifiedName::new(&owner.schema, old));
    state.index_owners.insert(full.clone(), owner.clone());
    if let Some(table) = state.tables.get_mut(owner) {
        for constraint in &mut table.constraints {
            if constraint.index.as_deref() == Some(old) {
                constraint.index = Some(new.to_owned());
                new.clone_into(&mut constraint.name);
            }
        }
    }
    if let Some(index) = state.indexes_mut(owner).and_then(|list| list.iter_mut().find(|i| i.name == old)) {
        new.clone_into(&mut index.name);
        if index.constraint.is_some() {
            index.constraint = Some(new.to_owned());
        }
    }
    let own = QualifiedName::new(&owner.schema, old);
    for heir in state.heirs_of(owner) {
        if let Some(indexes) = state.indexes_mut(&heir) {
            for index in indexes.iter_mut().filter(|i| i.parent.as_ref() == Some(&own)) {
                index.parent = Some(full.clone());
            }
        }
    }
    index::redefine_all(state, owner);
    Ok(())
}

/// RENAME CONSTRAINT.
pub(crate) fn constraint(state: &mut State, table: &QualifiedName, old: &str, new: &str) -> Effect {
    let found = state.table(table)?.constraints.iter().find(|c| c.name == old).cloned();
    let Some(found) = found else {
        return Err(Stop::fail("42704", format!("constraint \"{old}\" for table \"{}\" does not exist", table.name)));
    };
    if state.table(table)?.constraints.iter().any(|c| c.name == new) {
        return Err(Stop::fail("42710", format!("constraint \"{new}\" for relation \"{}\" already exists", table.name)));
    }
    if let Some(index) = &found.index {
        return rename_index(state, table, index, new);
    }
    if let Some(constraint) = state.table_mut(table)?.constraints.iter_mut().find(|c| c.name == old) {
        new.clone_into(&mut constraint.name);
    }
    for heir in state.heirs_of(table) {
        let inherited = state.table(&heir)?.constraints.iter().any(|c| c.name == old && c.inherited);
        if inherited && found.kind == architrave_model::catalog::ConstraintKind::Check {
            self::constraint(state, &heir, old, new)?;
        }
    }
    Ok(())
}

/// RENAME COLUMN of a table, here and below.
pub(crate) fn table_column(state: &mut State, table: &QualifiedName, node: &ast::RenameColumn) -> Effect {
    let old = node.column_name_ref().map(|n| syntax::name(&n)).unwrap_or_default();
    let new = node.column_name().map(|n| syntax::name(&n)).unwrap_or_default();
    rename_column(state, table, &old, &new)
}

fn rename_column(state: &mut State, table: &QualifiedName, old: &str, new: &str) -> Effect {
    let target = state.table_mut(table)?;
    if target.column(new).is_some() {
        return Err(Stop::fail("42701", format!("column \"{new}\" of relation \"{}\" already exists", table.name)));
    }
    if target.column(old).is_none() {
        return Err(constraint::missing_column(table, old));
    }
    let swap = |name: &mut String| {
        if name == old {
            new.clone_into(name);
        }
    };
    for column in &mut target.columns {
        swap(&mut column.name);
        if column.generated.is_some() {
            rename_in(&mut column.default, old, new);
        }
    }
    for constraint in &mut target.constraints {
        constraint.columns.iter_mut().for_each(swap);
        if let Some(text) = &constraint.expression {
            let renamed = rename_text(text, old, new);
            constraint.definition = constraint.definition.replacen(text.as_str(), &renamed, 1);
            constraint.expression = Some(renamed);
        }
        constraint::redefine(constraint);
    }
    for index in &mut target.indexes {
        for key in &mut index.keys {
            key.column.iter_mut().for_each(swap);
            rename_in(&mut key.expression, old, new);
        }
        index.include.iter_mut().for_each(swap);
        rename_in(&mut index.predicate, old, new);
    }
    for policy in &mut target.policies {
        rename_in(&mut policy.using, old, new);
        rename_in(&mut policy.with_check, old, new);
    }
    for trigger in &mut target.triggers {
        trigger.columns.iter_mut().for_each(swap);
        trigger.definition = replace_word(&trigger.definition, &quote_ident(old), &quote_ident(new));
        for row in ["new", "old"] {
            let qualified = |column: &str| format!("{row}.{}", quote_ident(column));
            trigger.definition = replace_word(&trigger.definition, &qualified(old), &qualified(new));
        }
    }
    for object in &mut target.statistics {
        object.columns.iter_mut().for_each(swap);
        object.definition = replace_word(&object.definition, &quote_ident(old), &quote_ident(new));
    }
    if let Some(partitioning) = &mut target.partitioning {
        partitioning.columns.iter_mut().for_each(swap);
        partitioning.definition = replace_word(&partitioning.definition, &quote_ident(old), &quote_ident(new));
    }
    index::redefine_all(state, table);
    rename_elsewhere(state, table, old, new);
    for heir in state.heirs_of(table) {
        rename_column(state, &heir, old, new)?;
    }
    Ok(())
}

/// Foreign keys, sequences and publications that name the column.
fn rename_elsewhere(state: &mut State, table: &QualifiedName, old: &str, new: &str) {
    let swap = |name: &mut String| {
        if name == old {
            new.clone_into(name);
        }
    };
    let refers = |t: &&Table| {
        t.constraints.iter().any(|c| c.references.as_ref().is_some_and(|r| r.table == *table && r.columns.iter().any(|x| x == old)))
    };
    let owners: Vec<QualifiedName> = state.tables.values().filter(refers).map(|t| t.name.clone()).collect();
    for owner in owners {
        let Some(target) = state.tables.get_mut(&owner) else { continue };
        for constraint in &mut target.constraints {
            if let Some(reference) = &mut constraint.references
                && reference.table == *table
            {
                reference.columns.iter_mut().for_each(swap);
                constraint::redefine(constraint);
            }
        }
    }
    for name in super::dependents::sequences_of(state, table, old) {
        if let Some(sequence) = state.sequences.get_mut(&name) {
            sequence.owned_by_column = Some(new.to_owned());
        }
    }
    let publications: Vec<String> =
        state.publications.values().filter(|p| p.tables.iter().any(|t| t.table == *table)).map(|p| p.name.clone()).collect();
    for name in publications {
        if let Some(publication) = state.publications.get_mut(&name) {
            for published in publication.tables.iter_mut().filter(|t| t.table == *table) {
                published.columns.iter_mut().flatten().for_each(swap);
                rename_in(&mut published.filter, old, new);
            }
        }
    }
}

fn rename_in(text: &mut Option<String>, old: &str, new: &str) {
    if let Some(text) = text {
        *text = rename_text(text, old, new);
    }
}

/// An expression's text with one column renamed.
fn rename_text(text: &str, old: &str, new: &str) -> String {
    match expression::parse(text, &AsWritten) {
        Some(Expression::Name(path)) if path.len() == 1 && path[0] == old => quote_ident(new),
        Some(parsed) => {
            let mut mentioned = false;
            super::walk::names(&parsed, &mut |path| mentioned |= path.last().is_some_and(|p| p == old));
            if mentioned { replace_word(text, &quote_ident(old), &quote_ident(new)) } else { text.to_owned() }
        }
        None => replace_word(text, &quote_ident(old), &quote_ident(new)),
    }
}

/// RENAME COLUMN of a view.
pub(crate) fn view_column(state: &mut State, view: &QualifiedName, node: &ast::RenameColumn) -> Effect {
    let old = node.column_name_ref().map(|n| syntax::name(&n)).unwrap_or_default();
    let new = node.column_name().map(|n| syntax::name(&n)).unwrap_or_default();
    let target = super::view::view_mut(state, view)?;
    match target.columns.iter_mut().find(|c| c.name == old) {
        Some(column) => column.name = new,
        None => return Err(constraint::missing_column(view, &old)),
    }
    Ok(())
}

/// OWNER TO of any relation.
pub(crate) fn relation_owner(state: &mut State, name: &QualifiedName, role: Option<ast::RoleRef>) -> Effect {
    let new = role::known(role, state)?;
    let owned: Vec<QualifiedName> =
        state.sequences.values().filter(|s| s.owned_by_table.as_ref() == Some(name)).map(|s| s.name.clone()).collect();
    for sequence in owned.iter().chain(std::iter::once(name)) {
        if let Some(sequence) = state.sequences.get_mut(sequence) {
            let old = std::mem::replace(&mut sequence.owner, new.clone());
            acl::change_owner(&mut sequence.grants, &old, &new);
        }
    }
    if let Some(table) = state.tables.get_mut(name) {
        let old = std::mem::replace(&mut table.owner, new.clone());
        acl::change_owner(&mut table.grants, &old, &new);
        for column in &mut table.columns {
            acl::change_owner(&mut column.grants, &old, &new);
        }
    } else if let Some(view) = state.views.get_mut(name) {
        let old = std::mem::replace(&mut view.owner, new.clone());
        acl::change_owner(&mut view.grants, &old, &new);
    }
    Ok(())
}

/// The text of a type in columns, signatures and domains after its name changed.
pub(crate) fn type_everywhere(state: &mut State, old: &QualifiedName, new: &QualifiedName) {
    let (old_sql, new_sql) = (old.sql(), new.sql());
    let in_text = |text: &str| replace_word(text, &old_sql, &new_sql);
    let tables: Vec<QualifiedName> = state
        .tables
        .values()
        .filter(|t| {
            t.of_type.as_ref() == Some(old)
                || t.columns.iter().any(|c| c.data_type.contains(&old_sql) || c.default.as_deref().is_some_and(|d| d.contains(&old_sql)))
        })
        .map(|t| t.name.clone())
        .collect();
    for name in tables {
        if let Some(table) = state.tables.get_mut(&name) {
            if table.of_type.as_ref() == Some(old) {
                table.of_type = Some(new.clone());
            }
            for column in &mut table.columns {
                column.data_type = in_text(&column.data_type);
                column.default = column.default.take().map(|d| in_text(&d));
            }
        }
    }
    let functions: Vec<QualifiedName> = state
        .functions
        .iter()
        .filter(|(_, list)| {
            list.iter().any(|f| f.identity_arguments.contains(&old_sql) || f.result.as_deref().is_some_and(|r| r.contains(&old_sql)))
        })
        .map(|(name, _)| name.clone())
        .collect();
    for name in functions {
        for function in state.functions.get_mut(&name).into_iter().flatten() {
            function.identity_arguments = in_text(&function.identity_arguments);
            function.result = function.result.take().map(|r| in_text(&r));
        }
    }
}
