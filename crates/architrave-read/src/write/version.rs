//! The next versions of a project's migrations, in the style of those that are there.

use crate::draft::number_key;
use architrave_model::calendar;

/// How a project numbers its migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `20240131235959`.
    Timestamp,
    /// Milliseconds since 1970.
    Milliseconds,
    /// Seconds since 1970.
    Seconds,
    /// 1, 2, 3, at least this wide.
    Sequence(usize),
}

/// Versions that come after all existing ones.
#[derive(Debug)]
pub(super) struct Versions {
    style: Style,
    /// The last one given (or there); of [`Style::Timestamp`] in seconds since 1970.
    last: i64,
    now_ms: i64,
}

impl Versions {
    /// `existing` are digits; `otherwise` is the style of a project without migrations.
    pub(super) fn after(existing: &[&str], now_ms: i64, otherwise: Style) -> Self {
        let newest = existing.iter().max_by(|a, b| number_key(a).cmp(&number_key(b)));
        let Some(newest) = newest else { return Self { style: otherwise, last: 0, now_ms } };
        let value = newest.parse().unwrap_or(i64::MAX - 1_000_000);
        let (style, last) = match newest.len() {
            14 => (Style::Timestamp, seconds_of(newest).unwrap_or(0)),
            13 if value > 1_000_000_000_000 => (Style::Milliseconds, value),
            10 if value > 1_000_000_000 => (Style::Seconds, value),
            width => (Style::Sequence(width), value),
        };
        // A number of 14 digits that is no time, or one of an odd length: count on from it.
        if style == Style::Timestamp && last == 0 && value > 0 {
            return Self { style: Style::Sequence(14), last: value, now_ms };
        }
        Self { style, last, now_ms }
    }

    /// The next version as a number.
    fn advance(&mut self) -> i64 {
        let now = match self.style {
            Style::Timestamp | Style::Seconds => self.now_ms / 1_000,
            Style::Milliseconds => self.now_ms,
            Style::Sequence(_) => 0,
        };
        self.last = now.max(self.last + 1);
        self.last
    }

    /// The next version, digits only.
    pub(super) fn next(&mut self) -> String {
        let number = self.advance();
        match self.style {
            Style::Timestamp => digits(number, ["", "", "", "", ""]),
            Style::Sequence(width) => format!("{number:0width$}"),
            Style::Milliseconds | Style::Seconds => number.to_string(),
        }
    }

    /// The next version as Diesel writes it: `2024-01-31-235959`; a sequence stays one.
    pub(super) fn next_dashed(&mut self) -> String {
        if self.style == Style::Timestamp {
            let number = self.advance();
            return digits(number, ["-", "-", "-", "", ""]);
        }
        self.next()
    }
}

/// Year, month, day, hour, minute, second with something between each two.
fn digits(seconds: i64, between: [&str; 5]) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = calendar::date(days);
    let [of_year, of_month, of_day, of_hour, of_minute] = between;
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}{of_year}{month:02}{of_month}{day:02}{of_day}{hour:02}{of_hour}{minute:02}{of_minute}{second:02}")
}

/// Seconds since 1970 of 14 digits; none when they are no time.
fn seconds_of(text: &str) -> Option<i64> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    if !(1970..=9998).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let shifted = year - i64::from(month <= 2);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let days = shifted.div_euclid(400) * 146_097 + shifted.rem_euclid(400) * 365 + shifted.rem_euclid(400) / 4
        - shifted.rem_euclid(400) / 100
        + of_year
        - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22 07:45:32.
    const NOW: i64 = 1_795_333_532_000;

    fn three(existing: &[&str]) -> Vec<String> {
        let mut versions = Versions::after(existing, NOW, Style::Timestamp);
        (0..3).map(|_| versions.next()).collect()
    }

    #[test]
    fn versions_go_on_in_the_style_that_is_there() {
        assert_eq!(three(&[]), ["20261122074532", "20261122074533", "20261122074534"]);
        assert_eq!(three(&["20240101000000"]), ["20261122074532", "20261122074533", "20261122074534"]);
        assert_eq!(three(&["0009", "0010"]), ["0011", "0012", "0013"]);
        assert_eq!(three(&["9", "10", "8"]), ["11", "12", "13"]);
        assert_eq!(three(&["1600000000000"]), ["1795333532000", "1795333532001", "1795333532002"]);
        assert_eq!(three(&["1600000000"]), ["1795333532", "1795333533", "1795333534"]);
    }

    #[test]
    fn versions_of_the_future_are_passed() {
        assert_eq!(three(&["20991231235959"]), ["21000101000000", "21000101000001", "21000101000002"]);
        assert_eq!(three(&["00000000000000", "20200229235959"])[0], "20261122074532");
        assert_eq!(three(&["99999999999999"])[0], "100000000000000");
    }

    #[test]
    fn diesel_puts_dashes_in() {
        assert_eq!(Versions::after(&[], NOW, Style::Timestamp).next_dashed(), "2026-11-22-074532");
    }
}
