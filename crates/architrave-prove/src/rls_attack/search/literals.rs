//! Values worth writing: what policies and helper functions compare a column with.

use super::super::case::{Case, is_of_platform};
use super::super::statements::literal;
use architrave_model::catalog::{Table, TypeKind};
use architrave_model::name::{quote_ident, quote_literal};
use std::collections::BTreeSet;

/// Values that make more of somebody than he is: what policies and helpers compare the column with, the labels of its type, `true`, much.
pub(in super::super) fn promoted(case: &Case<'_>, table: &Table, column: &str) -> Vec<String> {
    let mut values = compared(case, table, column);
    let Some(own) = table.column(column) else { return values };
    let kind = own.base_type();
    let more: Vec<String> = match kind.as_str() {
        "boolean" => {
            // Less of a restriction is more of himself.
            let holds_back = ["ban", "block", "suspend", "lock", "disab", "restrict"].iter().any(|w| column.contains(w));
            values.clear();
            vec![if holds_back { "false" } else { "true" }.to_owned()]
        }
        "integer" | "bigint" | "smallint" | "numeric" => vec!["1000".to_owned()],
        "text" | "character varying" if values.is_empty() => ["admin", "owner", "pro"].iter().map(|v| quote_literal(v)).collect(),
        _ => labels(case, &kind),
    };
    values.extend(more.into_iter().filter(|v| own.data_type == kind || !own.is_array() || v.starts_with('\'')));
    let mut unique = Vec::new();
    for value in values {
        if !unique.contains(&value) {
            unique.push(value);
        }
    }
    unique
}

/// The labels of an enum, the last first: what is mightier usually comes later or is compared with anyway.
fn labels(case: &Case<'_>, kind: &str) -> Vec<String> {
    let named = |t: &&architrave_model::catalog::TypeDef| {
        t.name.name == kind || format!("{}.{}", quote_ident(&t.name.schema), quote_ident(&t.name.name)) == kind
    };
    match case.catalog.types.iter().find(named).map(|t| &t.kind) {
        Some(TypeKind::Enum { labels, .. }) => labels.iter().rev().map(|l| quote_literal(l)).collect(),
        _ => Vec::new(),
    }
}

/// What policies and helper functions compare the column with; `true` and `false` for a flag that they ask.
pub(super) fn compared(case: &Case<'_>, table: &Table, column: &str) -> Vec<String> {
    let flag = table.column(column).is_some_and(|c| c.data_type == "boolean");
    let mut values = case.compared.of((column.to_owned(), flag), || {
        let found = texts(case).flat_map(|text| after_mentions(text, column));
        let both = || vec!["true".to_owned(), "false".to_owned()];
        let values: BTreeSet<String> = found.flat_map(|rest| if flag { both() } else { literals_compared(rest) }).collect();
        values.into_iter().collect()
    });
    // A victim's own values are tried as such.
    values.retain(|v| !case.scene.rows.iter().any(|r| r.table == table.name && literal(r, column) == Some(v.as_str()) && v.len() > 30));
    values
}

/// Conditions of all policies and bodies of the project's functions.
pub(super) fn texts<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c str> {
    let catalog = case.catalog;
    let policies = catalog.tables.iter().flat_map(|t| &t.policies).flat_map(|p| p.using.iter().chain(&p.with_check));
    let bodies = catalog.functions.iter().filter(|f| !is_of_platform(&f.owner)).map(|f| &f.body);
    policies.chain(bodies).map(String::as_str)
}

fn after_mentions<'t>(text: &'t str, column: &'t str) -> impl Iterator<Item = &'t str> {
    let boundary = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
    text.match_indices(column)
        .filter(move |(at, found)| boundary(text[..*at].chars().next_back()) && boundary(text[at + found.len()..].chars().next()))
        .map(|(at, found)| &text[at + found.len()..])
}

/// The string literals of the comparison that begins here; none when none does.
fn literals_compared(rest: &str) -> Vec<String> {
    let mut rest = rest.trim_start_matches(['"', ')', ' ']);
    while let Some(cast) = rest.strip_prefix("::") {
        rest = cast.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"')).trim_start_matches([')', ' ']);
    }
    let lower = rest.to_lowercase();
    let compares = ["=", "<>", "in ", "in(", "like ", "~~"].iter().any(|o| lower.starts_with(o));
    if !compares {
        return Vec::new();
    }
    let end = [" and ", " or ", ";", " then "].iter().filter_map(|w| lower.find(w)).min().unwrap_or(lower.len());
    let part = rest.get(..end).unwrap_or(rest);
    part.split('\'').skip(1).step_by(2).map(quote_literal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_column_is_compared_with_is_found() {
        let of = |text: &str, column: &str| after_mentions(text, column).flat_map(literals_compared).collect::<Vec<_>>();
        assert_eq!(of("((p.id = auth.uid()) AND (p.role = 'admin'::text))", "role"), ["'admin'"]);
        assert_eq!(of("(m.role = ANY (ARRAY['owner'::text, 'admin'::text])) OR (x = 'no')", "role"), ["'owner'", "'admin'"]);
        assert_eq!(of("((role)::text = 'boss'::text)", "role"), ["'boss'"]);
        assert_eq!(of("(my_role = 'x') and role in ('y')", "role"), ["'y'"]);
        assert!(of("select role from p", "role").is_empty());
    }
}
