//! The dictionary as CSV (RFC 4180): a row per table and view, then one per column, with the comment to edit.

use super::entry::{Column, Dictionary, Relation, Use};
use super::marks::mark;
use std::fmt::Write as _;

/// Names of the columns. An edited file is recognised by `schema`, `table`, `column`, `comment` and `comment_mark`.
pub static HEADS: &[&str] = &[
    "kind",
    "schema",
    "table",
    "column",
    "ordinal",
    "type",
    "nullable",
    "default",
    "generated",
    "primary_key",
    "unique",
    "references",
    "referenced_by",
    "indexes",
    "checks",
    "comment",
    "comment_mark",
    "rows",
    "table_bytes",
    "index_bytes",
    "null_percent",
    "distinct_values",
    "source",
    "used_by_code",
];

/// The whole file.
pub fn sheet(dictionary: &Dictionary) -> String {
    let mut out = String::new();
    row(&mut out, HEADS.iter().map(|h| (*h).to_owned()));
    for relation in dictionary.relations() {
        row(&mut out, of_relation(relation));
        for column in &relation.columns {
            row(&mut out, of_column(relation, column));
        }
    }
    out
}

fn of_relation(r: &Relation) -> impl Iterator<Item = String> {
    let references: Vec<String> =
        r.foreign_keys.iter().map(|k| format!("({}) → {} ({})", k.columns.join(", "), k.table, k.referenced.join(", "))).collect();
    let referenced: Vec<String> = r.referenced_by.iter().map(|k| format!("{} ({})", k.table, k.columns.join(", "))).collect();
    [
        r.kind.words().to_owned(),
        r.name.schema.clone(),
        r.name.name.clone(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        r.primary_key.join(", "),
        r.unique.iter().map(|u| u.columns.join(", ")).collect::<Vec<_>>().join("; "),
        references.join("; "),
        referenced.join("; "),
        r.indexes.iter().map(|i| i.name.as_str()).collect::<Vec<_>>().join(", "),
        r.checks.iter().map(|c| c.definition.as_str()).collect::<Vec<_>>().join("; "),
        r.comment.clone().unwrap_or_default(),
        mark(r.comment.as_deref()),
        number(r.rows),
        r.table_bytes.map(|b| b.to_string()).unwrap_or_default(),
        r.index_bytes.map(|b| b.to_string()).unwrap_or_default(),
        String::new(),
        String::new(),
        r.source.as_ref().map(|p| format!("{}:{}", p.path, p.line)).unwrap_or_default(),
        uses(&r.uses, r.more_uses),
    ]
    .into_iter()
}

fn of_column(r: &Relation, c: &Column) -> impl Iterator<Item = String> {
    let yes = |value: bool| if value { "yes" } else { "" }.to_owned();
    let speaks = |columns: &[String]| columns.contains(&c.name);
    let referenced = r.referenced_by.iter().filter(|_| r.primary_key.len() == 1 && c.primary_key);
    [
        "column".to_owned(),
        r.name.schema.clone(),
        r.name.name.clone(),
        c.name.clone(),
        c.ordinal.to_string(),
        c.data_type.clone(),
        c.nullable.map(|n| if n { "yes" } else { "no" }.to_owned()).unwrap_or_default(),
        c.default.clone().unwrap_or_default(),
        c.made.unwrap_or_default().to_owned(),
        yes(c.primary_key),
        yes(c.unique),
        c.references.iter().map(|(table, column)| format!("{table}.{column}")).collect::<Vec<_>>().join("; "),
        referenced.map(|k| format!("{} ({})", k.table, k.columns.join(", "))).collect::<Vec<_>>().join("; "),
        c.indexes.join(", "),
        r.checks.iter().filter(|k| speaks(&k.columns)).map(|k| k.definition.as_str()).collect::<Vec<_>>().join("; "),
        c.comment.clone().unwrap_or_default(),
        mark(c.comment.as_deref()),
        String::new(),
        String::new(),
        String::new(),
        c.figures.map(|f| format!("{:.2}", f.null_share * 100.0)).unwrap_or_default(),
        number(c.figures.and_then(|f| f.distinct)),
        c.source.as_ref().map(|p| format!("{}:{}", p.path, p.line)).unwrap_or_default(),
        uses(&c.uses, c.more_uses),
    ]
    .into_iter()
}

pub(super) fn number(value: Option<f64>) -> String {
    value.map(|n| format!("{n:.0}")).unwrap_or_default()
}

/// `src/orders.ts:12 SQL; …`.
pub(super) fn uses(uses: &[Use], more: u64) -> String {
    let mut text = uses.iter().map(|u| format!("{}:{} {}", u.path, u.line, u.kind)).collect::<Vec<_>>().join("; ");
    if more > 0 {
        let _infallible = write!(text, "; and {more} more");
    }
    text
}

/// A line: cells quoted, and none that a spreadsheet takes for a formula.
pub(crate) fn row(out: &mut String, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(',');
        }
        quote(out, &defused(&cell));
    }
    out.push_str("\r\n");
}

fn quote(out: &mut String, cell: &str) {
    if cell.contains(['"', ',', '\n', '\r', ';', '\t']) || cell.starts_with(' ') || cell.ends_with(' ') {
        out.push('"');
        out.push_str(&cell.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(cell);
    }
}

/// A cell that no spreadsheet takes for a formula. Apostrophes before such a cell get one more, so that [`restored`] gives back what was there.
fn defused(cell: &str) -> String {
    if is_formula(cell.trim_start_matches('\'')) { format!("'{cell}") } else { cell.to_owned() }
}

/// The cell as it was before it was defused.
pub fn restored(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_come_back() {
        for text in ["=1+1", "+x", "-x", "@x", "\tx", "'=x", "''=x", "'quoted'", "plain", "", "it's", "'", "|x"] {
            let written = defused(text);
            assert!(!written.starts_with(['=', '+', '-', '@', '\t', '\r']), "{written:?}");
            assert_eq!(restored(&written), text);
        }
    }

    #[test]
    fn quotes_follow_the_rfc() {
        let mut out = String::new();
        row(&mut out, ["a\"b", "c,d", "e\nf", "g"].into_iter().map(str::to_owned));
        assert_eq!(out, "\"a\"\"b\",\"c,d\",\"e\nf\",g\r\n");
    }
}
