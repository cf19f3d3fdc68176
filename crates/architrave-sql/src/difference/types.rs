//! Types: what ALTER can do, and the exchange of a type that it cannot change.

use super::side::Side;
use super::{Differ, Form};
use crate::generate::names_in;
use architrave_model::catalog::{CompositeAttribute, TypeDef, TypeKind};
use architrave_model::name::{QualifiedName, quote_ident, quote_literal};

/// Whether ALTER leads from the one to the other.
pub(super) fn is_alterable(old: &TypeDef, new: &TypeDef, from: &Side<'_>) -> bool {
    match (&old.kind, &new.kind) {
        (TypeKind::Enum { labels: before }, TypeKind::Enum { labels: after }) => is_part(before, after),
        (TypeKind::Domain { base: a, collation: c, .. }, TypeKind::Domain { base: b, collation: d, .. }) => (a, c) == (b, d),
        (TypeKind::Composite { attributes: before }, TypeKind::Composite { attributes: after }) => {
            let stay: Vec<&CompositeAttribute> = before.iter().filter(|a| after.iter().any(|b| b.name == a.name)).collect();
            let in_order = stay.iter().zip(after).all(|(a, b)| a.name == b.name);
            let same = stay.iter().zip(after).all(|(a, b)| (&a.data_type, &a.collation) == (&b.data_type, &b.collation));
            !stay.is_empty() && in_order && (same || !is_stored(&old.name, from))
        }
        (a, b) => a == b,
    }
}

/// Whether all of the one stand in the other, in the same order.
fn is_part(before: &[String], after: &[String]) -> bool {
    let mut rest = after.iter();
    before.iter().all(|label| rest.any(|other| other == label))
}

/// Whether a column has that type.
fn is_stored(name: &QualifiedName, side: &Side<'_>) -> bool {
    let named = |data_type: &str| names_in(data_type).iter().any(|(schema, own)| (schema, own) == (&name.schema, &name.name));
    side.catalog.tables.iter().flat_map(|t| &t.columns).any(|c| named(&c.data_type))
}

impl Differ<'_> {
    pub(super) fn alter_type(&mut self, name: &QualifiedName) {
        let Some((old, new)) = self.from.type_def(name).zip(self.to.type_def(name)) else { return };
        match (&old.kind, &new.kind) {
            (TypeKind::Enum { labels: before }, TypeKind::Enum { labels: after }) => self.add_labels(name, before, after),
            (TypeKind::Domain { default: before, not_null: was, .. }, TypeKind::Domain { default: after, not_null: is, .. }) => {
                let alter = format!("alter domain {}", name.sql());
                if before != after {
                    self.say(after.as_ref().map_or_else(|| format!("{alter} drop default"), |d| format!("{alter} set default {d}")));
                }
                if was != is {
                    self.say(format!("{alter} {} not null", if *is { "set" } else { "drop" }));
                }
            }
            (TypeKind::Composite { attributes: before }, TypeKind::Composite { attributes: after }) => {
                self.attributes(name, before, after);
            }
            _ => {}
        }
    }

    fn add_labels(&mut self, name: &QualifiedName, before: &[String], after: &[String]) {
        let last = before.last();
        let mut past_last = last.is_none();
        for (at, label) in after.iter().enumerate() {
            if before.contains(label) {
                past_last |= Some(label) == last;
                continue;
            }
            let place = match at.checked_sub(1).and_then(|n| after.get(n)) {
                _ if past_last => String::new(),
                Some(previous) => format!(" after {}", quote_literal(previous)),
                None => before.first().map(|first| format!(" before {}", quote_literal(first))).unwrap_or_default(),
            };
            self.step(format!("alter type {} add value {}{place}", name.sql(), quote_literal(label)), Form::EnumValue, None);
        }
    }

    fn attributes(&mut self, name: &QualifiedName, before: &[CompositeAttribute], after: &[CompositeAttribute]) {
        let mut parts = Vec::new();
        let mut lost = Vec::new();
        for old in before.iter().filter(|a| !after.iter().any(|b| b.name == a.name)) {
            parts.push(format!("drop attribute {}", quote_ident(&old.name)));
            lost.push(format!("attribute {name}.{} with its values", old.name));
        }
        for new in after {
            let collation = new
                .collation
                .as_ref()
                .map(|c| format!(" collate {}", crate::generate::text::collation(self.to.catalog, c)))
                .unwrap_or_default();
            match before.iter().find(|a| a.name == new.name) {
                None => parts.push(format!("add attribute {} {}{collation}", quote_ident(&new.name), new.data_type)),
                Some(old) if old != new => {
                    parts.push(format!("alter attribute {} type {}{collation}", quote_ident(&new.name), new.data_type));
                }
                Some(_) => {}
            }
        }
        let loses = (!lost.is_empty()).then(|| lost.join("; "));
        self.step(format!("alter type {} {}", name.sql(), parts.join(", ")), Form::Transaction, loses);
    }

    /// A type that the new side defines otherwise steps aside under another name until its columns have left it.
    pub(super) fn take_type(&mut self, name: &QualifiedName, comes_back: bool) {
        let Some(old) = self.from.type_def(name) else { return };
        let what = if matches!(old.kind, TypeKind::Domain { .. }) { "domain" } else { "type" };
        if !comes_back {
            return self.at_end(format!("drop {what} {}", name.sql()), None);
        }
        if !is_stored(name, &self.from) {
            return self.say(format!("drop {what} {}", name.sql()));
        }
        let aside = QualifiedName::new(&name.schema, self.free_type_name(name));
        let loses = match (&old.kind, self.to.type_def(name).map(|t| &t.kind)) {
            (TypeKind::Enum { labels: before }, Some(TypeKind::Enum { labels: after })) => {
                let removed: Vec<&str> = before.iter().filter(|l| !after.contains(l)).map(String::as_str).collect();
                (!removed.is_empty()).then(|| format!("type {name} has no more {}: rows that hold it make this fail", removed.join(", ")))
            }
            _ => Some(format!("type {name} becomes another one: values that do not fit make this fail")),
        };
        self.step(format!("alter {what} {} rename to {}", name.sql(), quote_ident(&aside.name)), Form::Transaction, loses);
        if let TypeKind::Range { multirange: Some(multirange), .. } = &old.kind {
            let own = QualifiedName::new(&name.schema, multirange);
            self.say(format!("alter type {} rename to {}", own.sql(), quote_ident(&format!("{}_multirange", aside.name))));
        }
        self.at_end(format!("drop {what} {}", aside.sql()), None);
    }

    fn free_type_name(&self, name: &QualifiedName) -> String {
        let short: String = name.name.chars().take(50).collect();
        let taken = |own: &str| {
            let name = QualifiedName::new(&name.schema, own);
            [&self.from, &self.to].into_iter().any(|s| s.type_def(&name).is_some() || s.table(&name).is_some() || s.view(&name).is_some())
        };
        let wish = format!("{short}_old");
        if !taken(&wish) {
            return wish;
        }
        (2..1000).map(|n| format!("{short}_old{n}")).find(|own| !taken(own)).unwrap_or(wish)
    }
}
