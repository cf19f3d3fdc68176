//! Figures in words: rows, bytes, shares, durations and enumerations as messages print them.

use architrave_model::Severity;

/// `4,812,000`.
pub(crate) fn count(n: f64) -> String {
    let digits = format!("{:.0}", n.max(0.0));
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 row`, `3 rows`, with the irregular plural spelled out by the caller.
pub(crate) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(n as f64), if n == 1 { one } else { many })
}

/// `97 MB`, in units of 1024.
pub(crate) fn bytes(n: i64) -> String {
    let mut value = n.max(0) as f64;
    for unit in ["bytes", "kB", "MB", "GB"] {
        if value < 1024.0 {
            return format!("{value:.0} {unit}");
        }
        value /= 1024.0;
    }
    if value < 10.0 { format!("{value:.1} TB") } else { format!("{value:.0} TB") }
}

/// `57 %` of a share 0–1, never rounded up to 100 or down to 0.
pub(crate) fn percent(share: f64) -> String {
    let rounded = (share * 100.0).round();
    if share > 0.0 && rounded < 1.0 {
        "under 1 %".to_owned()
    } else if share < 1.0 && rounded >= 100.0 {
        "over 99 %".to_owned()
    } else {
        format!("{rounded:.0} %")
    }
}

/// `12 days`, `5 hours` of seconds.
pub(crate) fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    let (n, unit) = if seconds >= 172_800.0 {
        (seconds / 86_400.0, "days")
    } else if seconds >= 7200.0 {
        (seconds / 3600.0, "hours")
    } else {
        (seconds / 60.0, "minutes")
    };
    format!("{} {unit}", count(n.floor()))
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list<S: AsRef<str>>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", most.join(", "), last.as_ref())
        }
    }
}

/// The same, cut after `most` names: `a, b and 7 more`.
pub(crate) fn list_of(items: &[String], most: usize) -> String {
    if items.len() <= most {
        return list(items);
    }
    let shown = items.get(..most).unwrap_or(items).join(", ");
    format!("{shown} and {} more", items.len() - most)
}

/// The severity of the first step whose floor the figure reaches (steps from high to low), else `below`; `unknown` without figure.
pub(crate) fn by_size(figure: Option<f64>, unknown: Severity, steps: &[(f64, Severity)], below: Severity) -> Severity {
    match figure {
        None => unknown,
        Some(n) => steps.iter().find(|(floor, _)| n >= *floor).map_or(below, |(_, severity)| *severity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_like_a_person_writes_them() {
        assert_eq!(count(4_812_000.0), "4,812,000");
        assert_eq!(count(12.0), "12");
        assert_eq!(counted(1, "row", "rows"), "1 row");
        assert_eq!(bytes(101_711_872), "97 MB");
        assert_eq!(bytes(512), "512 bytes");
        assert_eq!(percent(0.999), "over 99 %");
        assert_eq!(percent(0.57), "57 %");
        assert_eq!(percent(0.0001), "under 1 %");
        assert_eq!(duration(86_400.0 * 40.0), "40 days");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(list_of(&["a".into(), "b".into(), "c".into()], 2), "a, b and 1 more");
    }
}
