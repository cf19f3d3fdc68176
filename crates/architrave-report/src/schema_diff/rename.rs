//! What may have been renamed. Two catalogues cannot tell a renamed object from one dropped and one created, so these are guesses, and
//! are called so.

use architrave_model::catalog::compare::{Change, Difference};
use architrave_model::catalog::{Catalog, Table};
use architrave_model::name::ObjectKind;
use std::collections::{BTreeMap, BTreeSet};

/// Share of columns that two tables must have in common, in percent.
const ALIKE: usize = 70;

/// Guesses for columns of one table: by name of either column.
pub(super) fn columns(differences: &[&Difference], before: &Catalog, after: &Catalog) -> BTreeMap<String, String> {
    let mut gone = Vec::new();
    let mut come = Vec::new();
    for difference in differences.iter().filter(|d| d.object.kind == ObjectKind::Column) {
        let (catalog, list) = match difference.change {
            Change::Removed => (before, &mut gone),
            Change::Added => (after, &mut come),
            Change::Changed(_) => continue,
        };
        let table = difference.object.table_name().and_then(|name| catalog.table_named(&name));
        let position = table.and_then(|t| t.columns.iter().position(|c| c.name == difference.object.name));
        if let (Some(table), Some(at)) = (table, position) {
            list.push((at, &table.columns[at]));
        }
    }
    let mut pairs = Vec::new();
    for (was, old) in &gone {
        for (is, new) in come.iter().filter(|(_, new)| new.data_type == old.data_type) {
            let alike = similarity(&old.name, &new.name);
            let is_only = gone.iter().filter(|(_, c)| c.data_type == old.data_type).count() == 1
                && come.iter().filter(|(_, c)| c.data_type == old.data_type).count() == 1;
            if alike >= 60 || (is_only && was == is && old.not_null == new.not_null) {
                pairs.push((alike, old.name.clone(), new.name.clone()));
            }
        }
    }
    told(pairs)
}

/// Guesses for tables: by full name of either table.
pub(super) fn tables(found: &[Difference], before: &Catalog, after: &Catalog) -> BTreeMap<String, String> {
    let of = |change: &Change, catalog: &'_ Catalog| -> Vec<Table> {
        let whole = found.iter().filter(|d| d.object.kind == ObjectKind::Table && d.change == *change);
        whole.filter_map(|d| catalog.table_named(&d.object.table_name()?).cloned()).collect()
    };
    let (gone, come) = (of(&Change::Removed, before), of(&Change::Added, after));
    let mut pairs = Vec::new();
    for old in &gone {
        for new in &come {
            let set =
                |t: &Table| -> BTreeSet<(String, String)> { t.columns.iter().map(|c| (c.name.clone(), c.data_type.clone())).collect() };
            let (a, b) = (set(old), set(new));
            let both = a.intersection(&b).count();
            let share = both * 100 / a.len().max(b.len()).max(1);
            if both >= 2 && share >= ALIKE {
                pairs.push((share, old.name.to_string(), new.name.to_string()));
            }
        }
    }
    told(pairs)
}

/// Best pairs first, every name once.
fn told(mut pairs: Vec<(usize, String, String)>) -> BTreeMap<String, String> {
    pairs.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| (&a.1, &a.2).cmp(&(&b.1, &b.2))));
    let (mut old, mut new) = (BTreeSet::new(), BTreeSet::new());
    let mut told = BTreeMap::new();
    for (_, was, is) in pairs {
        if !old.contains(&was) && !new.contains(&is) {
            told.insert(was.clone(), format!("perhaps renamed to {is}"));
            told.insert(is.clone(), format!("perhaps renamed from {was}"));
            old.insert(was);
            new.insert(is);
        }
    }
    told
}

/// How alike two names are, in percent: pairs of letters that they share (Dice).
fn similarity(a: &str, b: &str) -> usize {
    let pairs = |text: &str| -> Vec<(char, char)> {
        let chars: Vec<char> = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        chars.windows(2).map(|w| (w[0], w[1])).collect()
    };
    let (a, mut b) = (pairs(a), pairs(b));
    let whole = a.len() + b.len();
    let mut both = 0_usize;
    for pair in a {
        if let Some(at) = b.iter().position(|other| *other == pair) {
            b.swap_remove(at);
            both += 1;
        }
    }
    (200 * both).checked_div(whole).unwrap_or(0)
}
