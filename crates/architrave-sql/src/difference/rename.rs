//! Renames: those that somebody has told, those that lose nothing either way, and those to ask about.

use crate::lex::{Lexer, TokenKind, name_of};
use architrave_model::catalog::{Catalog, Column, Constraint, Index, Table, TypeKind};
use architrave_model::name::{QualifiedName, quote_ident};
use std::fmt;

/// A rename that somebody has told: `public.t.a=b`, `public.t=u`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// Schema and name of the object, and the column if it is one.
    pub old: Vec<String>,
    /// New name without schema.
    pub new: String,
}

/// A rename that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenameError {
    /// Not of the form.
    #[error("--rename {0}: write schema.table.column=new or schema.table=new")]
    Form(String),
    /// Nothing of that name.
    #[error("--rename {0}: FROM has no such table, column, view, sequence or type")]
    Missing(String),
    /// Something else has the new name.
    #[error("--rename {0}: FROM has something of the new name already")]
    Taken(String),
}

impl Rename {
    /// Understands one argument.
    pub fn parse(text: &str) -> Result<Self, RenameError> {
        let wrong = || RenameError::Form(text.to_owned());
        let mut sides: Vec<Vec<String>> = vec![Vec::new()];
        let mut expects_name = true;
        for token in Lexer::new(text).filter(|t| t.kind != TokenKind::Space) {
            match token.kind {
                TokenKind::Word | TokenKind::QuotedName if expects_name && token.terminated => {
                    let name = name_of(text.get(token.start..token.end).unwrap_or_default());
                    sides.last_mut().ok_or_else(wrong)?.push(name);
                    expects_name = false;
                }
                TokenKind::Dot if !expects_name => expects_name = true,
                TokenKind::Equals if !expects_name && sides.len() == 1 => {
                    sides.push(Vec::new());
                    expects_name = true;
                }
                _ => return Err(wrong()),
            }
        }
        let (Some(new), Some(old), 2) = (sides.pop(), sides.pop(), if expects_name { 0 } else { 2 }) else { return Err(wrong()) };
        let (given, own) = (new.len(), new.last().cloned().ok_or_else(wrong)?);
        // A new name may be written in full when it stays in its place.
        let same_place = given == 1 || (given == old.len() && new[..given - 1] == old[..given - 1]);
        if !(2..=3).contains(&old.len()) || !same_place {
            return Err(wrong());
        }
        Ok(Self { old, new: own })
    }

    /// The other way round.
    #[must_use]
    pub fn back(&self) -> Self {
        let mut old = self.old.clone();
        let new = old.pop().unwrap_or_default();
        old.push(self.new.clone());
        Self { old, new }
    }
}

impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let old: Vec<String> = self.old.iter().map(|n| quote_ident(n)).collect();
        write!(f, "{}={}", old.join("."), quote_ident(&self.new))
    }
}

/// The statement of a told rename; FROM's catalogue says what kind of object it is.
pub fn rename_statement(from: &Catalog, rename: &Rename) -> Result<String, RenameError> {
    let missing = || RenameError::Missing(rename.to_string());
    let (Some(schema), Some(name)) = (rename.old.first(), rename.old.get(1)) else { return Err(missing()) };
    let own = QualifiedName::new(schema, name);
    let new = quote_ident(&rename.new);
    if let Some(column) = rename.old.get(2) {
        let table = from.table_named(&own).ok_or_else(missing)?;
        table.column(column).ok_or_else(missing)?;
        if table.column(&rename.new).is_some() {
            return Err(RenameError::Taken(rename.to_string()));
        }
        return Ok(format!("alter table {} rename column {} to {new}", own.sql(), quote_ident(column)));
    }
    let next = QualifiedName::new(schema, &rename.new);
    let word = kind_of(from, &own).ok_or_else(missing)?;
    if kind_of(from, &next).is_some() {
        return Err(RenameError::Taken(rename.to_string()));
    }
    Ok(format!("alter {word} {} rename to {new}", own.sql()))
}

fn kind_of(catalog: &Catalog, name: &QualifiedName) -> Option<&'static str> {
    if catalog.table_named(name).is_some() {
        return Some("table");
    }
    if let Some(view) = catalog.view(&name.schema, &name.name) {
        return Some(if view.materialized { "materialized view" } else { "view" });
    }
    if catalog.sequences.iter().any(|s| s.name == *name) {
        return Some("sequence");
    }
    let kind = catalog.types.iter().find(|t| t.name == *name)?;
    Some(if matches!(kind.kind, TypeKind::Domain { .. }) { "domain" } else { "type" })
}

/// Names of constraints, indexes and sequences behind columns that have changed and nothing else of them: told or not, nothing is lost.
pub fn harmless_renames(from: &Catalog, to: &Catalog) -> Vec<String> {
    let mut statements = Vec::new();
    for old in &from.tables {
        let Some(new) = to.table_named(&old.name) else { continue };
        constraints(old, new, &mut statements);
        indexes(old, new, &mut statements);
    }
    let owned = |catalog: &Catalog, other: &Catalog| -> Vec<_> {
        let fresh = |s: &&architrave_model::catalog::Sequence| {
            !s.identity && s.owned_by_column.is_some() && !other.sequences.iter().any(|o| o.name == s.name)
        };
        catalog.sequences.iter().filter(fresh).cloned().collect()
    };
    for old in owned(from, to) {
        for new in owned(to, from) {
            let owner = |s: &architrave_model::catalog::Sequence| (s.owned_by_table.clone(), s.owned_by_column.clone());
            if owner(&old) == owner(&new) && old.name.schema == new.name.schema {
                statements.push(format!("alter sequence {} rename to {}", old.name.sql(), quote_ident(&new.name.name)));
            }
        }
    }
    statements
}

fn constraints(old: &Table, new: &Table, statements: &mut Vec<String>) {
    let only = |table: &Table, other: &Table| -> Vec<Constraint> {
        let fresh = |c: &&Constraint| !c.inherited && !c.definition.is_empty() && !other.constraints.iter().any(|o| o.name == c.name);
        table.constraints.iter().filter(fresh).cloned().collect()
    };
    let (before, mut after) = (only(old, new), only(new, old));
    for constraint in before {
        let same = after.iter().position(|c| (&c.kind, &c.definition) == (&constraint.kind, &constraint.definition));
        if let Some(next) = same.map(|at| after.remove(at)) {
            let (was, is) = (quote_ident(&constraint.name), quote_ident(&next.name));
            statements.push(format!("alter table {} rename constraint {was} to {is}", old.name.sql()));
        }
    }
}

fn indexes(old: &Table, new: &Table, statements: &mut Vec<String>) {
    let only = |table: &Table, other: &Table| -> Vec<Index> {
        table.indexes.iter().filter(|i| i.constraint.is_none() && i.valid && other.index(&i.name).is_none()).cloned().collect()
    };
    let plain = |index: &Index| Index { name: String::new(), definition: String::new(), comment: None, parent: None, ..index.clone() };
    let (before, mut after) = (only(old, new), only(new, old));
    for index in before {
        let same = after.iter().position(|i| plain(i) == plain(&index));
        if let Some(next) = same.map(|at| after.remove(at)) {
            let own = QualifiedName::new(&old.name.schema, &index.name);
            statements.push(format!("alter index {} rename to {}", own.sql(), quote_ident(&next.name)));
        }
    }
}

/// A rename that could be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Rename.
    pub rename: Rename,
    /// What speaks for it.
    pub why: String,
}

/// Columns and tables that one side lacks and the other has under another name, alike enough to ask.
pub fn suggestions(from: &Catalog, to: &Catalog) -> Vec<Suggestion> {
    let mut found = Vec::new();
    for old in &from.tables {
        if let Some(new) = to.table_named(&old.name) {
            found.extend(of_columns(old, new));
        }
    }
    let mut taken = Vec::new();
    for old in from.tables.iter().filter(|t| to.table_named(&t.name).is_none() && !t.is_partition) {
        let fresh = to.tables.iter().filter(|t| {
            t.name.schema == old.name.schema && from.table_named(&t.name).is_none() && !t.is_partition && !taken.contains(&&t.name)
        });
        let best = fresh.map(|t| (shared(old, t), t)).max_by(|a, b| a.0.cmp(&b.0).then(b.1.name.cmp(&a.1.name)));
        if let Some((shared, new)) = best
            && shared * 2 > old.columns.len().max(new.columns.len())
        {
            taken.push(&new.name);
            let rename = Rename { old: vec![old.name.schema.clone(), old.name.name.clone()], new: new.name.name.clone() };
            found.push(Suggestion { rename, why: format!("{shared} of {} columns are the same", old.columns.len()) });
        }
    }
    found
}

/// Columns of equal name and type.
fn shared(old: &Table, new: &Table) -> usize {
    old.columns.iter().filter(|c| new.column(&c.name).is_some_and(|n| n.data_type == c.data_type)).count()
}

fn of_columns(old: &Table, new: &Table) -> Vec<Suggestion> {
    let one_history = have_one_history(old, new);
    let mut candidates: Vec<(u32, usize, usize)> = Vec::new();
    for (at, column) in old.columns.iter().enumerate().filter(|(_, c)| new.column(&c.name).is_none() && !c.inherited) {
        for (other, next) in new.columns.iter().enumerate().filter(|(_, c)| old.column(&c.name).is_none() && !c.inherited) {
            if column.data_type == next.data_type && column.generated == next.generated {
                let same_number = one_history && column.number.get() == next.number.get();
                candidates.push((alike(column, next) + u32::from(at == other) * 2 + u32::from(same_number) * SURE, at, other));
            }
        }
    }
    candidates.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let (mut used_old, mut used_new, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for (_, at, other) in candidates {
        if used_old.contains(&at) || used_new.contains(&other) {
            continue;
        }
        used_old.push(at);
        used_new.push(other);
        let (column, next) = (&old.columns[at], &new.columns[other]);
        let rename = Rename { old: vec![old.name.schema.clone(), old.name.name.clone(), column.name.clone()], new: next.name.clone() };
        let place = match (column.number.get(), next.number.get()) {
            (Some(one), Some(two)) if one_history && one == two => format!(", attribute {one} of the table on both sides"),
            (Some(one), Some(two)) if one_history => format!("; attribute {one} on one side and {two} on the other speak against it"),
            _ if at == other => " at the same place".to_owned(),
            _ => String::new(),
        };
        found.push(Suggestion { rename, why: format!("both are {}{place}", column.data_type) });
    }
    found
}

/// More than all that names and defaults can say.
const SURE: u32 = 100;

/// Whether the columns of equal names have equal attribute numbers, so that both tables go back to one: then a column that changes its name keeps its
/// number, and one that is dropped and added again gets another. A table that was made anew from the same text may look so, too: it stays a question.
fn have_one_history(old: &Table, new: &Table) -> bool {
    let pairs = old.columns.iter().filter_map(|c| Some((c.number.get(), new.column(&c.name)?.number.get())));
    let mut known = false;
    for (one, two) in pairs {
        match (one, two) {
            (Some(one), Some(two)) if one == two => known = true,
            (Some(_), Some(_)) => return false,
            _ => {}
        }
    }
    known
}

fn alike(old: &Column, new: &Column) -> u32 {
    let part = old.name.contains(&new.name) || new.name.contains(&old.name);
    u32::from(old.not_null == new.not_null)
        + u32::from(old.default == new.default)
        + u32::from(old.identity == new.identity)
        + u32::from(part) * 2
}
