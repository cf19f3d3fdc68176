//! Differences between two catalogues as lines that show where long definitions part.

use architrave_model::catalog::compare::{Aspect, Change, Difference};

/// Differences that are told; more are counted.
const MOST: usize = 20;
/// Definitions longer than this are shown from where they part.
const LONG: usize = 80;

/// Whether only the order of a table's columns differs.
fn is_order_only(difference: &Difference) -> bool {
    let Change::Changed(aspects) = &difference.change else { return false };
    let sorted = |text: &str| {
        let mut names: Vec<String> = text.split(", ").map(str::to_owned).collect();
        names.sort();
        names
    };
    aspects.iter().all(|a| a.name == "columns" && sorted(&a.before) == sorted(&a.after))
}

/// Whether a definition differs only in a moment that PostgreSQL has written into it (`timestamp 'now'` in a view): no way back can restore that.
fn is_moment_only(difference: &Difference) -> bool {
    let Change::Changed(aspects) = &difference.change else { return false };
    aspects.iter().all(|a| without_moments(&a.before) == without_moments(&a.after))
}

/// The text without `2026-01-31 12:00:00.25`, to the second at least.
fn without_moments(text: &str) -> String {
    const FORM: &[u8] = b"0000-00-00 00:00:00";
    let bytes = text.as_bytes();
    let fits = |at: usize| {
        let found = bytes.get(at..at + FORM.len());
        found.is_some_and(|found| found.iter().zip(FORM).all(|(b, f)| if *f == b'0' { b.is_ascii_digit() } else { b == f }))
    };
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if fits(at) {
            at += FORM.len();
            while bytes.get(at).is_some_and(|b| b.is_ascii_digit() || *b == b'.') {
                at += 1;
            }
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Whether nothing differs that a way back could restore.
pub(super) fn is_nothing(found: &[Difference]) -> bool {
    found.iter().all(|d| is_order_only(d) || is_moment_only(d))
}

/// What really differs, one line each; what was before the way is on the left.
pub(super) fn lines(found: &[Difference]) -> Vec<String> {
    let gone = |d: &Difference, change: &Change| d.change == *change;
    let tables: Vec<_> = found.iter().filter(|d| d.object.table.is_none() && !matches!(d.change, Change::Changed(_))).collect();
    // A table that is there or not says it for all that belongs to it.
    let told_by_table = |d: &Difference| {
        d.object.table.is_some() && tables.iter().any(|t| gone(t, &d.change) && t.object.table_name() == d.object.table_name())
    };
    // Columns that came or went are differences of their own.
    let list_of_columns = |d: &Difference| matches!(&d.change, Change::Changed(aspects) if aspects.iter().all(|a| a.name == "columns"));
    let mut lines: Vec<String> =
        found.iter().filter(|d| !list_of_columns(d) && !is_moment_only(d) && !told_by_table(d)).map(line).collect();
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

fn line(difference: &Difference) -> String {
    let Change::Changed(aspects) = &difference.change else { return difference.line() };
    let aspects = aspects.iter().map(|aspect| {
        let (before, after) = parting(&aspect.before, &aspect.after);
        Aspect { name: aspect.name, before, after }
    });
    Difference { object: difference.object.clone(), change: Change::Changed(aspects.collect()) }.line()
}

/// Both texts from shortly before the first character that differs, blanks squeezed.
fn parting(before: &str, after: &str) -> (String, String) {
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect::<Vec<char>>();
    let (left, right) = (squeezed(before), squeezed(after));
    let same = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
    if left.len().max(right.len()) <= LONG {
        return (before.to_owned(), after.to_owned());
    }
    let from = same.saturating_sub(20);
    let shown = |text: &[char]| {
        let start = if from > 0 { "…" } else { "" };
        let end = if text.len() > from + LONG - 2 { "…" } else { "" };
        format!("{start}{}{end}", text.iter().skip(from).take(LONG - 2).collect::<String>())
    };
    (shown(&left), shown(&right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_that_postgresql_wrote_is_no_difference() {
        assert_eq!(without_moments("a > '2026-11-22 07:58:37.62'::timestamp"), without_moments("a > '2026-11-22 07:58:38'::timestamp"));
        assert_ne!(without_moments("a > '2026-11-22'::date"), without_moments("a > '2026-11-23'::date"));
    }

    #[test]
    fn long_definitions_are_shown_where_they_part() {
        let (a, b) = (format!("{} one", "x".repeat(200)), format!("{} two", "x".repeat(200)));
        let (left, right) = parting(&a, &b);
        assert!(left.ends_with("x one") && right.ends_with("x two") && left.starts_with('…'), "{left} {right}");
    }
}
