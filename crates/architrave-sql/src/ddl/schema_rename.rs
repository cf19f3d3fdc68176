//! ALTER SCHEMA … RENAME: every name and every text that carries the schema.

use super::rename::replace_word;
use super::state::State;
use architrave_model::catalog::{Index, Table};
use architrave_model::name::{QualifiedName, quote_ident};

/// Gives all objects of a schema their new full names.
pub(crate) fn everything(state: &mut State, old: &str, new: &str) {
    let renamer = Renamer { old, new, old_sql: format!("{}.", quote_ident(old)), new_sql: format!("{}.", quote_ident(new)) };
    let tables: Vec<QualifiedName> = state.tables.iter().map(|(n, _)| n.clone()).collect();
    for name in tables {
        if let Some(mut table) = state.tables.remove(&name) {
            renamer.table(&mut table);
            state.tables.insert(table.name.clone(), table);
        }
    }
    let views: Vec<QualifiedName> = state.views.iter().map(|(n, _)| n.clone()).collect();
    for name in views {
        if let Some(mut view) = state.views.remove(&name) {
            renamer.name(&mut view.name);
            view.depends_on.iter_mut().for_each(|d| renamer.name(d));
            renamer.text(&mut view.definition);
            view.columns.iter_mut().for_each(|c| renamer.text(&mut c.data_type));
            view.indexes.iter_mut().for_each(|i| renamer.index(i));
            state.views.insert(view.name.clone(), view);
        }
    }
    let sequences: Vec<QualifiedName> = state.sequences.iter().map(|(n, _)| n.clone()).collect();
    for name in sequences {
        if let Some(mut sequence) = state.sequences.remove(&name) {
            renamer.name(&mut sequence.name);
            sequence.owned_by_table.iter_mut().for_each(|t| renamer.name(t));
            state.sequences.insert(sequence.name.clone(), sequence);
        }
    }
    rest(state, &renamer);
}

fn rest(state: &mut State, renamer: &Renamer<'_>) {
    let types: Vec<QualifiedName> = state.types.iter().map(|(n, _)| n.clone()).filter(|n| n.schema == renamer.old).collect();
    for name in types {
        if let Some(mut found) = state.types.remove(&name) {
            renamer.name(&mut found.name);
            state.types.insert(found.name.clone(), found);
        }
    }
    let functions: Vec<QualifiedName> = state.functions.iter().map(|(n, _)| n.clone()).collect();
    for name in functions {
        if let Some(mut list) = state.functions.remove(&name) {
            for function in &mut list {
                renamer.name(&mut function.name);
                renamer.text(&mut function.identity_arguments);
                function.result.iter_mut().for_each(|r| renamer.text(r));
            }
            let mut key = name;
            renamer.name(&mut key);
            state.functions.insert(key, list);
        }
    }
    let owners: Vec<(QualifiedName, QualifiedName)> = state.index_owners.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    for (mut index, mut owner) in owners.into_iter().filter(|(k, _)| k.schema == renamer.old) {
        state.index_owners.remove(&index);
        renamer.name(&mut index);
        renamer.name(&mut owner);
        state.index_owners.insert(index, owner);
    }
    let heirs: Vec<(QualifiedName, Vec<QualifiedName>)> = state.heirs.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    for (mut parent, mut list) in heirs {
        state.heirs.remove(&parent);
        renamer.name(&mut parent);
        for heir in &mut list {
            renamer.name(heir);
        }
        state.heirs.insert(parent, list);
    }
    let extensions: Vec<String> = state.extensions.values().filter(|e| e.schema == renamer.old).map(|e| e.name.clone()).collect();
    for name in extensions {
        if let Some(extension) = state.extensions.get_mut(&name) {
            renamer.new.clone_into(&mut extension.schema);
        }
    }
    let publications: Vec<String> = state.publications.iter().map(|(n, _)| n.clone()).collect();
    for name in publications {
        if let Some(publication) = state.publications.get_mut(&name) {
            publication.tables.iter_mut().for_each(|t| renamer.name(&mut t.table));
            for schema in publication.schemas.iter_mut().filter(|s| *s == renamer.old) {
                renamer.new.clone_into(schema);
            }
        }
    }
}

struct Renamer<'a> {
    old: &'a str,
    new: &'a str,
    old_sql: String,
    new_sql: String,
}

impl Renamer<'_> {
    fn name(&self, name: &mut QualifiedName) {
        if name.schema == self.old {
            self.new.clone_into(&mut name.schema);
        }
    }

    fn text(&self, text: &mut String) {
        if text.contains(&self.old_sql) {
            // The dot makes the word: `replace_word` looks at what follows, so it gets the name without it.
            let (old, new) = (self.old_sql.trim_end_matches('.'), self.new_sql.trim_end_matches('.'));
            *text = replace_word(text, old, new);
        }
    }

    fn index(&self, index: &mut Index) {
        self.text(&mut index.definition);
        index.parent.iter_mut().for_each(|p| self.name(p));
        index.predicate.iter_mut().for_each(|p| self.text(p));
        for key in &mut index.keys {
            key.expression.iter_mut().for_each(|e| self.text(e));
        }
    }

    fn table(&self, table: &mut Table) {
        self.name(&mut table.name);
        table.parents.iter_mut().for_each(|p| self.name(p));
        for column in &mut table.columns {
            self.text(&mut column.data_type);
            column.default.iter_mut().for_each(|d| self.text(d));
        }
        for constraint in &mut table.constraints {
            self.text(&mut constraint.definition);
            constraint.expression.iter_mut().for_each(|e| self.text(e));
            constraint.references.iter_mut().for_each(|r| self.name(&mut r.table));
        }
        table.indexes.iter_mut().for_each(|i| self.index(i));
        for trigger in &mut table.triggers {
            self.name(&mut trigger.function);
            self.text(&mut trigger.definition);
        }
        for policy in &mut table.policies {
            policy.using.iter_mut().chain(&mut policy.with_check).for_each(|e| self.text(e));
        }
        for object in &mut table.statistics {
            self.name(&mut object.name);
            self.text(&mut object.definition);
        }
    }
}
