//! ALTER COLUMN … TYPE: whether the new type has the old one's bytes, and which indexes and constraints must be made again.

use super::ledger::Ledger;
use super::world::World;
use crate::ddl::expression::{self, Expression};
use crate::ddl::type_name::without_modifier;
use architrave_model::catalog::{Column, ConstraintKind, Index, Table};
use architrave_model::migration::LockMode;
use architrave_model::name::QualifiedName;

/// The change of one column, of all tables of a family alike.
pub(super) struct Retype<'a> {
    pub(super) column: &'a str,
    /// As written.
    pub(super) type_text: &'a str,
    pub(super) using: Option<&'a str>,
    /// COLLATE is written.
    pub(super) collation: bool,
}

/// Notes what the change does to one table, the locks of the table itself apart.
pub(super) fn apply(world: World<'_>, ledger: &mut Ledger, table: &QualifiedName, change: &Retype<'_>) {
    let new = world.canonical_type(change.type_text);
    let Some((found, column)) = world.table(table).and_then(|t| t.column(change.column).map(|c| (t, c))) else {
        // Nothing is known of the column: only the types that take nearly everything are given the benefit of the doubt.
        if change.using.is_some() || !matches!(new.as_str(), "text" | "character varying") {
            ledger.rewrite(world, table);
            ledger.scan(world, table);
        }
        return;
    };
    let rewrites = !keeps_bytes(world, &column.data_type, &new, change);
    if rewrites {
        ledger.rewrite(world, table);
        ledger.scan(world, table);
    }
    let recollated = change.collation || column.collation.is_some();
    if !rewrites {
        remake(world, ledger, found, column, &new, recollated);
    }
    foreign_keys(world, ledger, found, column, &new);
}

/// Indexes that cannot be kept, and checks, which are always tried again.
fn remake(world: World<'_>, ledger: &mut Ledger, table: &Table, column: &Column, new: &str, recollated: bool) {
    let same_order = !recollated && ordering(&world.base_type(&column.data_type)) == ordering(&world.base_type(new));
    for index in table.indexes.iter().filter(|i| depends_on(i, &column.name)) {
        ledger.lock(&QualifiedName::new(&table.name.schema, &index.name), LockMode::AccessExclusive);
        let plain = index.predicate.is_none() && index.keys.iter().all(|k| k.expression.is_none());
        let in_keys = index.keys.iter().any(|k| k.column.as_deref() == Some(column.name.as_str()));
        if !(plain && (same_order || !in_keys)) {
            ledger.rebuild(&QualifiedName::new(&table.name.schema, &index.name), &table.name);
            ledger.scan(world, &table.name);
        }
    }
    let checked = |c: &&architrave_model::catalog::Constraint| c.kind == ConstraintKind::Check && c.columns.contains(&column.name);
    if table.constraints.iter().filter(checked).any(|c| c.enforced && c.validated) {
        ledger.scan(world, &table.name);
    }
}

/// Whether the index has to do with the column.
pub(super) fn depends_on(index: &Index, column: &str) -> bool {
    let mentions = |text: &Option<String>| text.as_deref().is_some_and(|t| mentions(t, column));
    index.keys.iter().any(|k| k.column.as_deref() == Some(column) || mentions(&k.expression))
        || mentions(&index.predicate)
        || index.include.iter().any(|c| c == column)
}

/// Whether the name stands in the text as a word of its own.
fn mentions(text: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, found)| {
        !text[..at].chars().next_back().is_some_and(is_word) && !text[at + found.len()..].chars().next().is_some_and(is_word)
    })
}

/// Foreign keys of the column and to it are made again: the other table is locked, and both are read when the comparison is another one.
fn foreign_keys(world: World<'_>, ledger: &mut Ledger, table: &Table, column: &Column, new: &str) {
    let compares_anew = ordering(&world.base_type(&column.data_type)) != ordering(&world.base_type(new));
    let mut others: Vec<QualifiedName> = Vec::new();
    for (key, reference) in table.foreign_keys() {
        if key.columns.contains(&column.name) {
            others.push(reference.table.clone());
        }
    }
    for (referencing, key) in world.referencing(&table.name) {
        if key.references.as_ref().is_some_and(|r| r.columns.contains(&column.name)) {
            others.push(referencing.name.clone());
        }
    }
    for other in others {
        ledger.lock(&other, LockMode::AccessExclusive);
        if compares_anew {
            ledger.scan(world, &other);
            ledger.scan(world, &table.name);
        }
    }
}

/// Whether stored values can stay as they are.
fn keeps_bytes(world: World<'_>, old: &str, new: &str, change: &Retype<'_>) -> bool {
    let mut chain = vec![old.to_owned()];
    if let Some(using) = change.using {
        let Some(expression) = expression::parse(using, world.state) else { return false };
        let Some(casts) = casts_of(&expression, change.column) else { return false };
        chain.extend(casts);
    }
    chain.push(new.to_owned());
    chain.windows(2).all(|pair| step_is_free(world, &pair[0], &pair[1]))
}

/// The types that an expression casts the bare column to, innermost first; none when it does more.
fn casts_of(expression: &Expression, column: &str) -> Option<Vec<String>> {
    match expression {
        Expression::Name(path) => path.last().filter(|c| *c == column).map(|_| Vec::new()),
        Expression::Cast(inner, ty) => {
            let mut casts = casts_of(inner, column)?;
            casts.push(ty.text.clone());
            Some(casts)
        }
        _ => None,
    }
}

/// Whether one cast needs no work.
fn step_is_free(world: World<'_>, old: &str, new: &str) -> bool {
    if old == new {
        return true;
    }
    if world.is_constrained(new) {
        return false;
    }
    let (old, new) = (world.base_type(old), world.base_type(new));
    if old == new {
        return true;
    }
    let (old, new) = (Shape::of(&old), Shape::of(&new));
    if old.base == new.base && old.array == new.array {
        return fits(&old, &new);
    }
    if old.array || new.array {
        return false;
    }
    if is_timestamp(&old.base) && is_timestamp(&new.base) {
        let full = |s: &Shape| s.modifier.is_empty() || s.modifier == [6];
        return world.utc && full(&old) && full(&new);
    }
    new.modifier.is_empty() && same_bytes(&old.base, &new.base)
}

/// A type taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    base: String,
    modifier: Vec<i64>,
    array: bool,
}

impl Shape {
    fn of(text: &str) -> Self {
        let array = text.ends_with("[]");
        let inside = text.find('(').and_then(|open| text[open..].find(')').map(|close| &text[open + 1..open + close]));
        let modifier = inside.map(|m| m.split(',').filter_map(|n| n.trim().parse().ok()).collect()).unwrap_or_default();
        let plain = text.trim_end_matches("[]");
        let fields = plain.starts_with("interval ") && !plain.starts_with("interval(");
        let base = if fields { plain.to_owned() } else { without_modifier(plain) };
        let base = if base == "bpchar" { "character".to_owned() } else { base };
        Self { base, modifier, array }
    }
}

/// Whether another length or precision of the same type needs no work.
fn fits(old: &Shape, new: &Shape) -> bool {
    if new.modifier.is_empty() || old.modifier == new.modifier {
        return true;
    }
    // Elements of arrays are converted one by one.
    if old.array {
        return false;
    }
    let grows = |unlimited: Option<i64>| {
        let (Some(wanted), Some(was)) = (new.modifier.first().copied(), old.modifier.first().copied().or(unlimited)) else { return false };
        wanted >= was
    };
    match old.base.as_str() {
        "character varying" | "bit varying" => grows(None),
        "numeric" => grows(None) && old.modifier.get(1).unwrap_or(&0) == new.modifier.get(1).unwrap_or(&0),
        base if base.starts_with("time") || base == "interval" => grows(Some(6)),
        _ => false,
    }
}

fn is_timestamp(base: &str) -> bool {
    matches!(base, "timestamp without time zone" | "timestamp with time zone")
}

fn is_alias_of_oid(base: &str) -> bool {
    base == "oid" || base == "integer" || base.starts_with("reg")
}

fn is_citext(base: &str) -> bool {
    base == "citext" || base.ends_with(".citext")
}

/// Pairs that PostgreSQL's casts call binary coercible.
fn same_bytes(old: &str, new: &str) -> bool {
    let string = |t: &str| matches!(t, "text" | "character varying") || is_citext(t);
    match (old, new) {
        (a, b) if string(a) && (string(b) || b == "character") => true,
        ("xml", b) => string(b) || b == "character",
        ("cidr", "inet") | ("bit", "bit varying") | ("bit varying", "bit") => true,
        (a, b) => is_alias_of_oid(a) && is_alias_of_oid(b) && (a != b),
    }
}

/// Types that compare alike share a word: their indexes can be kept.
fn ordering(base: &str) -> String {
    let shape = Shape::of(base);
    let word = match shape.base.as_str() {
        "text" | "character varying" => "text",
        "cidr" | "inet" => "inet",
        other if other.starts_with("reg") => "oid",
        other => other,
    };
    if shape.array { format!("{word}[]") } else { word.to_owned() }
}
