//! Releases of PostgreSQL: until when each major version is maintained, and the newest minor one known.
//!
//! As of 2026-11-21. Ends of life: <https://www.postgresql.org/support/versioning/>; minor releases: the release notes of the
//! project and the packages that were seen to exist. A newer one may be out: messages say "at least".

use architrave_model::platform::Platform;

/// The day of the table, for evidence.
pub(super) const AS_OF: &str = "2026-11-21";

/// A major version.
pub(super) struct Release {
    pub(super) major: u16,
    /// The newest minor release known, at least.
    pub(super) minor: u32,
    /// The day of its last release, `YYYY-MM-DD`.
    pub(super) end: &'static str,
    /// The same in unix seconds (midnight UTC).
    pub(super) end_seconds: f64,
}

const fn release(major: u16, minor: u32, end: &'static str, end_seconds: f64) -> Release {
    Release { major, minor, end, end_seconds }
}

/// Newest first.
pub(super) const RELEASES: &[Release] = &[
    release(18, 6, "2030-11-14", 1_920_844_800.0),
    release(17, 11, "2029-11-08", 1_888_790_400.0),
    release(16, 15, "2028-11-09", 1_857_340_800.0),
    release(15, 20, "2027-11-11", 1_825_891_200.0),
    release(14, 23, "2026-11-12", 1_794_441_600.0),
    release(13, 23, "2025-11-13", 1_762_992_000.0),
    release(12, 22, "2024-11-21", 1_732_147_200.0),
    release(11, 22, "2023-11-09", 1_699_488_000.0),
    release(10, 23, "2022-11-10", 1_668_038_400.0),
];

/// Ends of standard support that a provider has set for itself, later than the project's.
pub(super) fn provider_end(platform: Platform, major: u16) -> Option<(&'static str, f64)> {
    match (platform, major) {
        (Platform::Rds | Platform::Aurora, 14) => Some(("2027-02-28", 1_803_772_800.0)),
        (Platform::Rds | Platform::Aurora, 13) => Some(("2026-02-28", 1_772_236_800.0)),
        (Platform::Azure, 13) => Some(("2026-07-31", 1_785_456_000.0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days since 1970-01-01 of a civil date (Howard Hinnant's algorithm).
    fn seconds(day: &str) -> f64 {
        let mut parts = day.split('-').map(|p| p.parse::<i64>().unwrap());
        let (y, m, d) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let y = if m <= 2 { y - 1 } else { y };
        let year_of_era = y.rem_euclid(400);
        let day_of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        ((y.div_euclid(400) * 146_097 + day_of_era - 719_468) * 86_400) as f64
    }

    #[test]
    fn days_and_seconds_agree() {
        for release in RELEASES {
            assert!((release.end_seconds - seconds(release.end)).abs() < 1.0, "{} {}", release.major, seconds(release.end));
        }
        for (platform, major) in [(Platform::Rds, 14), (Platform::Aurora, 13), (Platform::Azure, 13)] {
            let (day, end) = provider_end(platform, major).unwrap();
            assert!((end - seconds(day)).abs() < 1.0, "{day} {}", seconds(day));
        }
    }

    #[test]
    fn newest_first() {
        assert!(RELEASES.windows(2).all(|w| w[0].major > w[1].major && w[0].end_seconds > w[1].end_seconds));
    }
}
