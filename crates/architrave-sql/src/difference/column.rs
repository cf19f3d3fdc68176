//! Columns of a table that stays: which come, go and change their type, and the statements for it.

use super::side::Side;
use super::{Differ, DifferenceOptions, Form};
use crate::generate::{Item, names_in, sequence_options, text};
use architrave_model::catalog::{Column, ConstraintKind, Generated, Identity, Table, TableKind};
use architrave_model::name::{QualifiedName, quote_ident, quote_literal};
use std::collections::BTreeSet;

/// What happens to the columns of one table, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct ColumnPlan {
    pub(super) added: BTreeSet<String>,
    pub(super) dropped: BTreeSet<String>,
    pub(super) retyped: BTreeSet<String>,
    /// Dropped and added again: PostgreSQL cannot change how they are generated.
    pub(super) remade: BTreeSet<String>,
}

impl ColumnPlan {
    /// Columns that nothing may hang on while it happens.
    pub(super) fn touched(&self) -> impl Iterator<Item = &String> {
        self.dropped.iter().chain(&self.retyped).chain(&self.remade)
    }
}

pub(super) fn plan(old: &Table, new: &Table, from: &Side<'_>, to: &Side<'_>, options: &DifferenceOptions) -> ColumnPlan {
    let mut plan = ColumnPlan::default();
    let same_parents = old.parents == new.parents;
    // What a parent that stays does to a column comes down by itself.
    let above = |side: &Side<'_>, column: &str| same_parents && old.parents.iter().any(|p| side.column(p, column).is_some());
    for column in &new.columns {
        let name = column.name.clone();
        let came_down = above(from, &name) && above(to, &name);
        let set = match old.column(&name) {
            None if column.inherited && above(to, &name) => continue,
            None => &mut plan.added,
            Some(_) if came_down => continue,
            Some(before) if is_made_anew(before, column, options) => &mut plan.remade,
            Some(before) if (&before.data_type, &before.collation) == (&column.data_type, &column.collation) => continue,
            Some(_) if column.generated.is_some() => &mut plan.remade,
            Some(_) => &mut plan.retyped,
        };
        set.insert(name);
    }
    for column in old.columns.iter().filter(|c| new.column(&c.name).is_none()) {
        if !(column.inherited && above(from, &column.name)) {
            plan.dropped.insert(column.name.clone());
        }
    }
    plan
}

fn is_made_anew(old: &Column, new: &Column, options: &DifferenceOptions) -> bool {
    match (old.generated, new.generated) {
        (None | Some(Generated::Stored), None) => false,
        (Some(a), Some(b)) if a == b => old.default != new.default && options.major < 17,
        _ => true,
    }
}

impl Differ<'_> {
    /// All statements about columns of a table that stays.
    pub(super) fn columns(&mut self, old: &Table, new: &Table) {
        let Some(plan) = self.gone.columns.get(&new.name).cloned() else { return };
        self.retype(old, new, &plan);
        let mut added: Vec<&Column> =
            new.columns.iter().filter(|c| plan.added.contains(&c.name) || plan.remade.contains(&c.name)).collect();
        added.sort_by_key(|c| c.generated.is_some());
        for column in added {
            self.add_column(new, column);
        }
        for column in &new.columns {
            if let Some(before) = old.column(&column.name).filter(|_| !plan.remade.contains(&column.name)) {
                self.change_column(old, new, before, column, &plan);
            }
        }
    }

    fn add_column(&mut self, table: &Table, column: &Column) {
        let statement = format!("alter table {} add column {}", table.name.sql(), self.to.writer.column(table, column));
        let fills = column.default.is_some() || column.identity.is_some() || column.generated.is_some();
        let fails = (column.not_null && !fills)
            .then(|| format!("column {}.{} is NOT NULL and has no default: this fails when the table has rows", table.name, column.name));
        if let Some(why) = fails {
            self.out.notes.push(format!("{}{}.", why[..1].to_uppercase(), &why[1..]));
        }
        self.say(statement);
        let plain = Column { name: column.name.clone(), ..Column::default() };
        self.settings(table, &plain, column);
    }

    /// All types of one table in one statement, so that it is written anew at most once.
    fn retype(&mut self, old: &Table, new: &Table, plan: &ColumnPlan) {
        let mut parts = Vec::new();
        let mut loses: Option<String> = None;
        for column in new.columns.iter().filter(|c| plan.retyped.contains(&c.name)) {
            let Some(before) = old.column(&column.name) else { continue };
            let own = quote_ident(&column.name);
            if before.default.is_some() && !self.gone.defaults.contains(&(new.name.clone(), column.name.clone())) {
                parts.push(format!("alter column {own} drop default"));
            }
            let collation = match (&before.collation, &column.collation) {
                (_, Some(collation)) => format!(" collate {}", text::collation(self.to.catalog, collation)),
                _ => String::new(),
            };
            let stepped_aside = names_in(&column.data_type)
                .into_iter()
                .any(|(schema, name)| self.gone.items.contains(&Item::Type(QualifiedName::new(schema, name))));
            let using = using(&own, &before.data_type, &column.data_type, stepped_aside).map(|u| format!(" using {u}")).unwrap_or_default();
            parts.push(format!("alter column {own} type {}{collation}{using}", column.data_type));
            if let (Some(default), false) = (&column.default, self.is_deferred(new, column)) {
                parts.push(format!("alter column {own} set default {default}"));
            }
            if before.data_type != column.data_type && !is_wider(&before.data_type, &column.data_type) {
                let one = format!(
                    "values of column {}.{} that are no {} (it was {}) are changed or make this fail",
                    new.name, column.name, column.data_type, before.data_type
                );
                loses = Some(loses.map_or(one.clone(), |l| format!("{l}; {one}")));
            }
        }
        if !parts.is_empty() {
            self.step(format!("alter table {} {}", new.name.sql(), parts.join(", ")), Form::Transaction, loses);
        }
    }

    fn is_deferred(&self, table: &Table, column: &Column) -> bool {
        self.to.has(&Item::Default(table.name.clone(), column.name.clone()))
    }

    /// A default that waits for a function: written when that one is there.
    pub(super) fn late_default(&mut self, table: &QualifiedName, column: &str, statement: String) {
        let kept = self.is_kept_table(table);
        let old = self.from.column(table, column);
        let plan = self.gone.columns.get(table);
        let again = plan.is_none_or(|p| p.remade.contains(column) || p.retyped.contains(column) || p.added.contains(column))
            || self.gone.defaults.contains(&(table.clone(), column.to_owned()));
        let differs = old.map(|c| &c.default) != self.to.column(table, column).map(|c| &c.default);
        if !kept || again || differs {
            self.say(statement);
        }
    }

    fn change_column(&mut self, old: &Table, new: &Table, before: &Column, column: &Column, plan: &ColumnPlan) {
        let table = new.name.sql();
        let own = quote_ident(&column.name);
        let retyped = plan.retyped.contains(&column.name);
        if let (Some(Generated::Stored), None) = (before.generated, column.generated) {
            self.say(format!("alter table {table} alter column {own} drop expression"));
        } else if column.generated.is_some() && before.default != column.default {
            let expression = column.default.clone().unwrap_or_default();
            self.say(format!("alter table {table} alter column {own} set expression as ({expression})"));
        }
        let dropped = self.gone.defaults.contains(&(new.name.clone(), column.name.clone()));
        let had = before.default.as_ref().filter(|_| !dropped && before.generated.is_none());
        if column.generated.is_none() && had != column.default.as_ref() && !self.is_deferred(new, column) {
            match &column.default {
                _ if retyped => {}
                Some(default) => self.say(format!("alter table only {table} alter column {own} set default {default}")),
                None => self.say(format!("alter table only {table} alter column {own} drop default")),
            }
        }
        self.null(old, new, before, column);
        self.identity(old, new, before, column);
        let was = if retyped { Column { storage: None, compression: None, ..before.clone() } } else { before.clone() };
        self.settings(new, &was, column);
    }

    fn null(&mut self, old: &Table, new: &Table, before: &Column, column: &Column) {
        let table = new.name.sql();
        let own = quote_ident(&column.name);
        let above = |side: &Side<'_>| new.parents.iter().filter_map(|p| side.column(p, &column.name)).any(|c| c.not_null);
        let own_constraint =
            |t: &Table| t.constraints.iter().any(|c| c.kind == ConstraintKind::NotNull && c.columns.first() == Some(&column.name));
        if before.not_null && !column.not_null && !above(&self.from) && !own_constraint(old) {
            self.say(format!("alter table {table} alter column {own} drop not null"));
        }
        if before.not_null || !column.not_null || own_constraint(new) || (above(&self.to) && old.parents == new.parents) {
            return;
        }
        let needed_now = column.identity.is_some() != before.identity.is_some()
            || new.indexes.iter().any(|i| (i.primary || i.replica_identity) && i.leading_columns().any(|c| c == column.name));
        if self.options.plain || needed_now || new.kind != TableKind::Ordinary {
            self.say(format!("alter table {table} alter column {own} set not null"));
            return;
        }
        // A valid check saves SET NOT NULL from reading the table under its lock.
        let check = quote_ident(&free_name(new, &format!("{}_{}_not_null", new.name.name, column.name)));
        self.say(format!("alter table {table} add constraint {check} check ({own} is not null) not valid"));
        self.step(format!("alter table {table} validate constraint {check}"), Form::Validation, None);
        for statement in [format!("alter column {own} set not null"), format!("drop constraint {check}")] {
            let statement = format!("alter table {table} {statement}");
            self.later.push(super::Step { statement, form: Form::AfterValidation, loses: None });
        }
    }

    fn identity(&mut self, old: &Table, new: &Table, before: &Column, column: &Column) {
        let (table, own) = (new.name.sql(), quote_ident(&column.name));
        let key = (&new.name, column.name.as_str());
        match (before.identity, column.identity) {
            (None, Some(_)) => {
                let identity = self.to.writer.identity(new, column);
                if identity.is_empty() {
                    return;
                }
                self.say(format!("alter table {table} alter column {own} add{identity}"));
                if let Some(sequence) = self.to.writer.identities.get(&key).copied() {
                    // Rows that are there have numbers already.
                    let literal = quote_literal(&sequence.name.sql());
                    self.say(format!(
                        "select pg_catalog.setval({literal}, coalesce(max({own}), {}), max({own}) is not null) from {table}",
                        sequence.start
                    ));
                }
            }
            (Some(a), Some(b)) => {
                if a != b {
                    let kind = if b == Identity::Always { "always" } else { "by default" };
                    self.say(format!("alter table {table} alter column {own} set generated {kind}"));
                }
                let sequences = (
                    self.from.writer.identities.get(&(&old.name, column.name.as_str())).copied(),
                    self.to.writer.identities.get(&key).copied(),
                );
                if let (Some(was), Some(is)) = sequences {
                    if was.name.name != is.name.name && was.name.schema == is.name.schema {
                        self.say(format!("alter sequence {} rename to {}", was.name.sql(), quote_ident(&is.name.name)));
                    }
                    if (&was.data_type, sequence_options(was)) != (&is.data_type, sequence_options(is)) {
                        self.say(super::alter::sequence_change(was, is));
                    }
                }
            }
            // Taken away before, so that its sequence's name is free.
            (Some(_) | None, None) => {}
        }
    }

    fn settings(&mut self, table: &Table, before: &Column, column: &Column) {
        let alter = format!("alter table only {} alter column {}", table.name.sql(), quote_ident(&column.name));
        if before.storage != column.storage {
            let storage = column.storage.as_deref().map_or_else(|| default_storage(&column.data_type), str::to_lowercase);
            self.say(format!("{alter} set storage {storage}"));
        }
        if before.compression != column.compression {
            let compression = column.compression.as_deref().map_or_else(|| "default".to_owned(), quote_ident);
            self.say(format!("{alter} set compression {compression}"));
        }
        if before.statistics_target != column.statistics_target {
            self.say(format!("{alter} set statistics {}", column.statistics_target.unwrap_or(-1)));
        }
    }
}

fn free_name(table: &Table, wish: &str) -> String {
    let short: String = wish.chars().take(50).collect();
    let taken = |name: &str| table.constraints.iter().any(|c| c.name == name);
    if !taken(&short) {
        return short;
    }
    (2..1000).map(|n| format!("{short}_{n}")).find(|name| !taken(name)).unwrap_or(short)
}

fn default_storage(data_type: &str) -> String {
    match base(data_type).0.as_str() {
        "numeric" | "inet" | "cidr" => "main",
        "smallint" | "integer" | "bigint" | "boolean" | "uuid" | "real" | "double precision" | "date" => "plain",
        word if word.starts_with("time") => "plain",
        _ => "extended",
    }
    .to_owned()
}

/// Type without modifier, the modifier's numbers, and whether it is an array.
fn base(data_type: &str) -> (String, Vec<u32>, bool) {
    let array = data_type.ends_with("[]");
    let plain = data_type.trim_end_matches("[]");
    match (plain.find('('), plain.find(')')) {
        (Some(open), Some(close)) if open < close => {
            let numbers = plain[open + 1..close].split(',').filter_map(|n| n.trim().parse().ok()).collect();
            (format!("{}{}", plain[..open].trim_end(), &plain[close + 1..]), numbers, array)
        }
        _ => (plain.to_owned(), Vec::new(), array),
    }
}

pub(super) fn is_integer(data_type: &str) -> bool {
    matches!(data_type, "smallint" | "integer" | "bigint")
}

fn is_text(base: &str) -> bool {
    matches!(base, "text" | "character varying" | "character" | "name")
}

/// Rank among numbers; a higher one holds all of a lower one.
fn number(base: &str) -> Option<u8> {
    ["smallint", "integer", "bigint", "numeric", "real", "double precision"].iter().position(|n| *n == base).and_then(|n| n.try_into().ok())
}

fn is_moment(base: &str) -> bool {
    base == "date" || base.starts_with("timestamp")
}

/// The expression that brings a value into its new type, where PostgreSQL does not do so by itself.
fn using(column: &str, old: &str, new: &str, other_type: bool) -> Option<String> {
    let ((a, _, from_array), (b, _, to_array)) = (base(old), base(new));
    match (from_array, to_array) {
        (false, true) => return Some(format!("array[{column}]::{new}")),
        (true, false) if !is_text(&b) => return Some(format!("{column}[1]::{new}")),
        _ => {}
    }
    let by_itself = (a == b && !other_type)
        || is_text(&b)
        || (number(&a).is_some() && number(&b).is_some())
        || (is_moment(&a) && is_moment(&b))
        || (a.starts_with("json") && b.starts_with("json"))
        || (a.starts_with("time ") && b == "interval")
        || (a.starts_with("bit") && b.starts_with("bit"));
    let direct = is_text(&a) || (a == "integer" && b == "boolean") || (a == "boolean" && b == "integer");
    if by_itself {
        None
    } else if direct {
        Some(format!("{column}::{new}"))
    } else if to_array {
        Some(format!("{column}::text[]::{new}"))
    } else {
        Some(format!("{column}::text::{new}"))
    }
}

/// Whether each value of the old type is one of the new.
fn is_wider(old: &str, new: &str) -> bool {
    let ((a, from, from_array), (b, to, to_array)) = (base(old), base(new));
    if from_array != to_array {
        return !from_array || is_text(&b);
    }
    if is_text(&b) {
        return to.is_empty() && b != "character" && b != "name"
            || (is_text(&a) && from.first().zip(to.first()).is_some_and(|(f, t)| f <= t));
    }
    if a == b {
        let scale = |n: &[u32]| n.get(1).copied().unwrap_or(0);
        let whole = |n: &[u32]| n.first().copied().unwrap_or(0).saturating_sub(scale(n));
        return to.is_empty() || (!from.is_empty() && scale(&from) <= scale(&to) && whole(&from) <= whole(&to));
    }
    match (number(&a), number(&b)) {
        (Some(x), Some(y)) => x < y && to.is_empty() && !(b == "real" && a != "smallint"),
        _ => a == "date" && b == "timestamp without time zone",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_types_lose_nothing() {
        for (old, new) in [
            ("integer", "bigint"),
            ("character varying(10)", "text"),
            ("character varying(10)", "character varying(20)"),
            ("numeric(10,2)", "numeric(12,2)"),
            ("numeric(10,2)", "numeric"),
            ("uuid", "text"),
            ("date", "timestamp without time zone"),
        ] {
            assert!(is_wider(old, new), "{old} {new}");
        }
        for (old, new) in [
            ("bigint", "integer"),
            ("text", "character varying(20)"),
            ("numeric(12,2)", "numeric(12,4)"),
            ("text", "integer"),
            ("timestamp with time zone", "date"),
            ("text[]", "integer"),
        ] {
            assert!(!is_wider(old, new), "{old} {new}");
        }
    }

    #[test]
    fn a_cast_is_written_where_the_server_needs_one() {
        assert_eq!(using("a", "integer", "bigint", false), None);
        assert_eq!(using("a", "text", "integer", false).as_deref(), Some("a::integer"));
        assert_eq!(using("a", "public.mood", "public.temper", false).as_deref(), Some("a::text::public.temper"));
        assert_eq!(using("a", "public.mood[]", "public.temper[]", false).as_deref(), Some("a::text[]::public.temper[]"));
        assert_eq!(using("a", "public.mood", "public.mood", true).as_deref(), Some("a::text::public.mood"));
        assert_eq!(using("a", "text", "text[]", false).as_deref(), Some("array[a]::text[]"));
    }
}
