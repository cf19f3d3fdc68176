//! Numbers, sizes, durations and names as people read them: the one place that decides how a figure looks.

/// An exact integer with thousands separators: `4,812,000`.
pub(crate) fn exact(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        out.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count, exact below a million, rounded above: `18`, `12,345`, `4.8 million`, `1.2 billion`.
pub(crate) fn count(n: f64) -> String {
    let size = n.abs();
    // Bounds sit where rounding to one decimal would spill into the next unit.
    if size >= 999.95e9 {
        format!("{} trillion", short(n / 1e12))
    } else if size >= 999.95e6 {
        format!("{} billion", short(n / 1e9))
    } else if size >= 1e6 - 0.5 {
        format!("{} million", short(n / 1e6))
    } else {
        exact(n.round() as i64)
    }
}

/// A count of things: `1 table`, `18 tables`, `4.8 million rows`.
pub(crate) fn plural(n: usize, one: &str, many: &str) -> String {
    plural_f(n as f64, one, many)
}

/// As [`plural`], for estimates.
pub(crate) fn plural_f(n: f64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if (n.round() - 1.0).abs() < f64::EPSILON { one } else { many })
}

/// Bytes in binary units: `98 GiB`, `1.5 MiB`, `812 bytes`.
pub(crate) fn bytes(n: i64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if n.unsigned_abs() < 1024 {
        return plural_f(n as f64, "byte", "bytes");
    }
    let mut value = n as f64 / 1024.0;
    let mut unit = 0;
    while value.abs() >= 1023.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{} {}", short(value), UNITS[unit])
}

/// A share of 0–1 as per cent; never rounds to a full 100% or 0% what is not.
pub(crate) fn percent(share: f64) -> String {
    let per_cent = share * 100.0;
    if share > 0.0 && per_cent < 0.05 {
        "<0.1%".to_owned()
    } else if share < 1.0 && per_cent >= 99.95 {
        ">99.9%".to_owned()
    } else if per_cent.fract().abs() < 0.05 || per_cent.fract().abs() > 0.95 {
        format!("{per_cent:.0}%")
    } else {
        format!("{per_cent:.1}%")
    }
}

/// `part` of `whole` as per cent; of nothing it is nothing.
pub(crate) fn share(part: usize, whole: usize) -> String {
    percent(if whole == 0 { 0.0 } else { part as f64 / whole as f64 })
}

/// A duration: `340 ms`, `1.2 s`, `3.5 min`, `2.1 h`, `4 days`.
pub(crate) fn milliseconds(ms: f64) -> String {
    let seconds = ms / 1000.0;
    if seconds < 1.0 { format!("{} ms", short(ms)) } else { seconds_text(seconds) }
}

/// A duration in seconds, as [`milliseconds`].
pub(crate) fn seconds_text(seconds: f64) -> String {
    if seconds < 90.0 {
        format!("{} s", short(seconds))
    } else if seconds < 5400.0 {
        format!("{} min", short(seconds / 60.0))
    } else if seconds < 172_800.0 {
        format!("{} h", short(seconds / 3600.0))
    } else {
        format!("{} days", short(seconds / 86_400.0))
    }
}

/// The day of a moment (unix seconds, UTC): `2031-04-12`.
pub(crate) fn date(seconds: f64) -> String {
    // Years from March on, so that the leap day is the last: 719,468 days lie between 0000-03-01 and 1970-01-01.
    let days = (seconds / 86_400.0).floor() as i64 + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    format!("{:04}-{month:02}-{day:02}", year + era * 400 + i64::from(month <= 2))
}

/// One decimal below ten, none above; a trailing `.0` is dropped.
pub(crate) fn short(value: f64) -> String {
    let text = if value.abs() < 9.95 { format!("{value:.1}") } else { format!("{value:.0}") };
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// A text in which every control and direction-changing character is spelled out, so that a name can neither move a terminal's
/// cursor nor reorder the text around it. Line breaks and tabs become spaces.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if is_unsafe(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// As [`visible`], for texts of several lines: line breaks and tabs stay.
pub(crate) fn visible_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
        .split('\n')
        .map(|line| line.split('\t').map(visible).collect::<Vec<_>>().join("\t"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// The first `max` characters, with an ellipsis when there were more.
pub(crate) fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(max.saturating_sub(1)).collect();
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// An SQL text on one line with every string constant replaced by `'…'`: utility statements are not normalised by
/// `pg_stat_statements` and may carry a password.
pub(crate) fn masked_sql(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        if c == '\'' {
            out.push_str("'…'");
            rest = after_string(&rest[1..]);
        } else if let Some(tag) = dollar_tag(rest) {
            out.push_str("'…'");
            let body = &rest[tag.len()..];
            rest = body.find(tag).map_or("", |end| &body[end + tag.len()..]);
        } else {
            if c.is_whitespace() {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            } else {
                out.push(c);
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    out.trim().to_owned()
}

/// What follows the end of a quoted string whose opening quote is gone. Backslashes are taken as escapes: for a mask, swallowing
/// too much is the safe side.
fn after_string(text: &str) -> &str {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '\'' if chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                chars.next();
            }
            '\'' => return &text[at + 1..],
            _ => {}
        }
    }
    ""
}

/// The dollar quote that the text starts with: `$$`, `$body$`. Parameters (`$1`) are none.
fn dollar_tag(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('$')?;
    let end = inner.find('$')?;
    let tag = &inner[..end];
    let name = tag.chars().all(|c| c.is_alphanumeric() || c == '_') && !tag.chars().next().is_some_and(|c| c.is_ascii_digit());
    name.then(|| &text[..end + 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_sizes_read_naturally() {
        assert_eq!(exact(4_812_000), "4,812,000");
        assert_eq!(exact(-1000), "-1,000");
        assert_eq!(exact(i64::MIN), "-9,223,372,036,854,775,808");
        assert_eq!(count(4_812_000.0), "4.8 million");
        assert_eq!(count(999_999.7), "1 million");
        assert_eq!(count(999_990_000.0), "1 billion");
        assert_eq!(plural(1, "table", "tables"), "1 table");
        assert_eq!(plural(0, "table", "tables"), "0 tables");
        assert_eq!(bytes(105_226_698_752), "98 GiB");
        assert_eq!(bytes(1023), "1,023 bytes");
        assert_eq!(bytes(1_048_575), "1 MiB");
        assert_eq!(bytes(-1536), "-1.5 KiB");
    }

    #[test]
    fn per_cent_never_claims_all_or_nothing() {
        assert_eq!(percent(1.0), "100%");
        assert_eq!(percent(0.999_99), ">99.9%");
        assert_eq!(percent(0.0), "0%");
        assert_eq!(percent(0.000_1), "<0.1%");
        assert_eq!(percent(0.973), "97.3%");
        assert_eq!(percent(0.99), "99%");
    }

    #[test]
    fn durations() {
        assert_eq!(milliseconds(0.34), "0.3 ms");
        assert_eq!(milliseconds(1234.0), "1.2 s");
        assert_eq!(seconds_text(86_400.0 * 4.0), "4 days");
        assert_eq!(seconds_text(100.0), "1.7 min");
    }

    #[test]
    fn dates() {
        assert_eq!(date(0.0), "1970-01-01");
        assert_eq!(date(1_709_210_096.5), "2024-02-29");
        assert_eq!(date(1_795_478_399.0), "2026-11-23");
        assert_eq!(date(-1.0), "1969-12-31");
    }

    #[test]
    fn control_characters_are_spelled_out() {
        assert_eq!(visible("a\u{1b}[31mb\nc\u{202e}d"), "a\\u{1b}[31mb c\\u{202e}d");
        assert_eq!(visible_lines("a\r\nb\u{7}"), "a\nb\\u{7}");
    }

    #[test]
    fn constants_of_statements_are_masked() {
        assert_eq!(
            masked_sql("alter role shop\n  password 'it''s secret' valid until 'x'"),
            "alter role shop password '…' valid until '…'"
        );
        assert_eq!(masked_sql("do $body$ begin secret; end $body$ -- x"), "do '…' -- x");
        assert_eq!(masked_sql("select $1, $2 from t where a = $3"), "select $1, $2 from t where a = $3");
        assert_eq!(masked_sql("select E'a\\'b' from t"), "select E'…' from t");
        assert_eq!(masked_sql("select 'open"), "select '…'");
    }
}
