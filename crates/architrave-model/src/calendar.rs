//! Days as dates of the Gregorian calendar.

/// Year, month and day of a day counted from 1970-01-01.
pub fn date(days: i64) -> (i64, i64, i64) {
    // Counted from 1 March of the year 0, leap days come last; 146,097 days are 400 years.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year + i64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn leap_days_and_ends_of_years_are_where_they_belong() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(-1), (1969, 12, 31));
        assert_eq!(date(19_782), (2024, 2, 29));
        assert_eq!(date(11_016), (2000, 2, 29));
        assert_eq!(date(20_819), (2027, 1, 1));
    }
}
