//! OFFSET paging to keyset paging: go on after the last row seen, which an index finds at once.

use super::select::{Edit, Outer, edited, span};
use super::{Comparison, Page, Rewrite, RewriteKind};
use crate::lex::{Lexer, TokenKind};
use crate::touches::tree;
use architrave_model::name::quote_ident;
use squawk_syntax::{SyntaxKind, SyntaxNode};

struct Key {
    text: String,
    column: String,
    data_type: String,
    descending: bool,
}

pub(super) fn rewrite(outer: &Outer<'_>) -> Option<Rewrite> {
    let offset = outer.clause(SyntaxKind::OFFSET_CLAUSE)?;
    let limit = outer.clause(SyntaxKind::LIMIT_CLAUSE).or_else(|| outer.clause(SyntaxKind::FETCH_CLAUSE))?;
    let order = outer.clause(SyntaxKind::ORDER_BY_CLAUSE)?;
    let targets = outer.clause(SyntaxKind::SELECT_CLAUSE).and_then(|c| tree::child(&c, SyntaxKind::TARGET_LIST))?;
    if !outer.is_plain() || outer.is_volatile() {
        return None;
    }
    let mut keys = keys_of(outer, &order)?;
    complete(outer, &mut keys)?;
    let first = next_parameter(outer.sql);
    let condition = after_last_row(&keys, first);
    let by: Vec<String> = keys.iter().map(|k| format!("{}{}", k.text, if k.descending { " desc" } else { "" })).collect();
    let order_text = format!("order by {}", by.join(", "));
    let texts: Vec<&str> = keys.iter().map(|k| k.text.as_str()).collect();
    let with = |edits: Vec<Edit>| edited(outer.sql, edits).trim_end().to_owned();
    let ordered = || vec![Edit::replace(&order, order_text.clone())];
    let unbounded = || vec![Edit::replace(&offset, ""), Edit::replace(&limit, "")];
    let condition_edit = || match outer.clause(SyntaxKind::WHERE_CLAUSE) {
        Some(clause) => {
            let inner = clause.children().next()?;
            let text = outer.text(&inner);
            let text =
                if inner.kind() == SyntaxKind::BIN_EXPR { format!("({text}) and {condition}") } else { format!("{text} and {condition}") };
            Some(Edit::replace(&inner, text))
        }
        None => Some(Edit::insert(span(&outer.clause(SyntaxKind::FROM_CLAUSE)?).1, format!(" where {condition}"))),
    };
    let together = |groups: [Vec<Edit>; 3]| groups.into_iter().flatten().collect::<Vec<_>>();
    let page = Page {
        ordered: with(together([ordered(), unbounded(), vec![]])),
        keys: with(together([ordered(), unbounded(), vec![Edit::replace(&targets, texts.join(", "))]])),
        rewritten: with(together([ordered(), unbounded(), vec![condition_edit()?]])),
        first,
        count: u32::try_from(keys.len()).ok()?,
        key_types: keys.iter().map(|k| k.data_type.clone()).collect(),
    };
    let sql = with(together([ordered(), vec![Edit::replace(&offset, "")], vec![condition_edit()?]]));
    Some(Rewrite { kind: RewriteKind::OffsetToKeyset, sql, comparison: Comparison::Page(page) })
}

/// Sort keys that are plain columns in PostgreSQL's usual order of NULLs.
fn keys_of(outer: &Outer<'_>, order: &SyntaxNode) -> Option<Vec<Key>> {
    let mut keys = Vec::new();
    for sort in order.descendants().filter(|n| n.kind() == SyntaxKind::SORT_BY) {
        let expression = sort.children().next()?;
        if !matches!(expression.kind(), SyntaxKind::NAME_REF | SyntaxKind::FIELD_EXPR) {
            return None;
        }
        let mut descending = false;
        for part in sort.children().skip(1) {
            match part.kind() {
                SyntaxKind::SORT_DESC => descending = true,
                SyntaxKind::SORT_ASC => {}
                _ => return None,
            }
        }
        let column = tree::parts(&expression).pop()?;
        if expression.kind() == SyntaxKind::NAME_REF {
            // A name that is no column of a table is one of the output.
            outer.owner_of(&column)?;
        }
        let data_type = outer.type_of(&expression)?;
        keys.push(Key { text: outer.text(&expression).to_owned(), column, data_type, descending });
    }
    (!keys.is_empty()).then_some(keys)
}

/// Adds the first table's primary key where the order is not total without it.
fn complete(outer: &Outer<'_>, keys: &mut Vec<Key>) -> Option<()> {
    let item = outer.items.first()?;
    let table = outer.catalog.table_named(item.table.as_ref()?)?;
    let columns: Vec<&str> = keys.iter().map(|k| k.column.as_str()).collect();
    if outer.items.len() == 1 && table.is_unique_over(&columns) && keys.iter().all(|k| table.column(&k.column).is_some_and(|c| c.not_null))
    {
        return Some(());
    }
    let descending = keys.last().is_some_and(|k| k.descending);
    for column in &table.primary_key()?.columns {
        if !keys.iter().any(|k| &k.column == column) {
            let text = format!("{}.{}", item.alias_text, quote_ident(column));
            let data_type = table.column(column)?.data_type.clone();
            keys.push(Key { text, column: column.clone(), data_type, descending });
        }
    }
    Some(())
}

/// The condition: a row comparison when all keys run the same way, else spelled out.
fn after_last_row(keys: &[Key], first: u32) -> String {
    let parameter = |at: usize| format!("${}", first as usize + at);
    let after = |k: &Key| if k.descending { "<" } else { ">" };
    if keys.iter().all(|k| k.descending == keys[0].descending) {
        if let [only] = keys {
            return format!("{} {} {}", only.text, after(only), parameter(0));
        }
        let columns: Vec<&str> = keys.iter().map(|k| k.text.as_str()).collect();
        let values: Vec<String> = (0..keys.len()).map(parameter).collect();
        return format!("({}) {} ({})", columns.join(", "), after(&keys[0]), values.join(", "));
    }
    let alternatives: Vec<String> = (0..keys.len())
        .map(|at| {
            let mut terms: Vec<String> = keys[..at].iter().enumerate().map(|(n, k)| format!("{} = {}", k.text, parameter(n))).collect();
            terms.push(format!("{} {} {}", keys[at].text, after(&keys[at]), parameter(at)));
            format!("({})", terms.join(" and "))
        })
        .collect();
    format!("({})", alternatives.join(" or "))
}

/// The first parameter number that the text does not use.
fn next_parameter(sql: &str) -> u32 {
    let used = Lexer::new(sql).filter(|t| t.kind == TokenKind::Parameter);
    used.filter_map(|t| sql.get(t.start + 1..t.end)?.parse::<u32>().ok()).max().unwrap_or(0) + 1
}
