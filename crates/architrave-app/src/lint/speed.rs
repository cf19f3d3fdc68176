//! The speed that estimates rest on: measured for a machine and a version of PostgreSQL, and kept for some weeks, so that equal runs say equal seconds,
//! and yet a busy hour or the old disk does not count for ever.

use crate::error::AppError;
use crate::review::day;
use architrave_model::review::Speed;
use architrave_postgres::replay::Confined;
use architrave_prove::lock_trace::{Throughput, calibrate};
use std::path::{Path, PathBuf};

/// What was measured longer ago is measured again.
const KEPT_DAYS: f64 = 30.0;

/// Seconds.
const DAY: f64 = 86_400.0;

/// What was measured before, else what is measured now and kept. A cache that cannot be written is no reason to stop.
pub(super) async fn known(server: &Confined<'_>, cache: &Path, now: f64) -> Result<Speed, AppError> {
    let path = place(cache, server.server().version_num());
    if let Some(speed) = read(&path, now) {
        return Ok(speed);
    }
    let measured = calibrate(server).await?;
    let whole = |figure: f64| figure.max(1.0) as u64;
    let speed = Speed {
        measured_on: day(now),
        scan_bytes_per_second: whole(measured.scan),
        rewrite_bytes_per_second: whole(measured.rewrite),
        index_rows_per_second: whole(measured.index_rows),
    };
    Ok(keep(&path, speed, now))
}

/// As the prover takes it.
pub(super) fn throughput(speed: &Speed) -> Throughput {
    Throughput {
        scan: speed.scan_bytes_per_second as f64,
        rewrite: speed.rewrite_bytes_per_second as f64,
        index_rows: speed.index_rows_per_second as f64,
    }
}

fn place(cache: &Path, version: u32) -> PathBuf {
    cache.join("speed").join(format!("{version}.json"))
}

/// None when nothing is there, or nothing that can be understood, or only what was measured too long ago (or will be, by a clock that was wrong).
fn read(path: &Path, now: f64) -> Option<Speed> {
    let speed: Speed = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let figures = [speed.scan_bytes_per_second, speed.rewrite_bytes_per_second, speed.index_rows_per_second];
    // Such days sort as they follow each other.
    let days = day(now - KEPT_DAYS * DAY)..=day(now + DAY);
    (figures.iter().all(|f| *f > 0) && days.contains(&speed.measured_on)).then_some(speed)
}

/// Keeps it, and gives what is kept from now on: of several runs that measure at the same time the first one's counts for all.
fn keep(path: &Path, speed: Speed, now: f64) -> Speed {
    let (Some(folder), Ok(text)) = (path.parent(), serde_json::to_vec_pretty(&speed)) else { return speed };
    let draft = folder.join(format!("{}.new", std::process::id()));
    if std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&draft, text)).is_err() {
        return speed;
    }
    let kept = match std::fs::hard_link(&draft, path) {
        Ok(()) => speed,
        // What is there and cannot be read or is too old is replaced, and so it is where nothing can be linked.
        Err(_) => read(path, now).unwrap_or_else(|| {
            let _replaced = std::fs::rename(&draft, path);
            speed
        }),
    };
    let _gone = std::fs::remove_file(&draft);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noon of 22 November 2026.
    const NOW: f64 = 1_795_348_800.0;

    fn measured(now: f64) -> Speed {
        Speed {
            measured_on: day(now),
            scan_bytes_per_second: 900_000_000,
            rewrite_bytes_per_second: 120_000_000,
            index_rows_per_second: 1_500_000,
        }
    }

    #[test]
    fn what_was_measured_is_found_again_and_what_is_broken_is_not() {
        let cache = tempfile::tempdir().unwrap();
        let path = place(cache.path(), 150_018);
        assert_eq!(read(&path, NOW), None);
        let speed = measured(NOW);
        assert_eq!(speed.measured_on, "2026-11-22");
        assert_eq!(keep(&path, speed.clone(), NOW), speed);
        assert_eq!(keep(&path, Speed { scan_bytes_per_second: 1, ..speed.clone() }, NOW), speed, "the first one counts");
        assert_eq!(read(&path, NOW).as_ref(), Some(&speed));
        assert_eq!(read(&place(cache.path(), 160_000), NOW), None, "another version is measured for itself");
        for broken in ["", "{}", "{\"measured_on\":\"2026-11-22\",\"scan_bytes_per_second\":0}"] {
            std::fs::write(&path, broken).unwrap();
            assert_eq!(read(&path, NOW), None, "{broken}");
        }
        assert_eq!(keep(&path, speed.clone(), NOW), speed, "what is broken is replaced");
        assert_eq!(read(&path, NOW), Some(speed));
        assert_eq!(keep(Path::new("/proc/no/such/place.json"), Speed::default(), NOW), Speed::default());
    }

    #[test]
    fn for_thirty_days_it_is_the_same_and_then_it_is_measured_again() {
        let cache = tempfile::tempdir().unwrap();
        let path = place(cache.path(), 150_018);
        let first = keep(&path, measured(NOW), NOW);
        let (last_day, too_late, long_ago) = (NOW + 30.0 * DAY, NOW + 31.0 * DAY, NOW - 40.0 * DAY);
        assert_eq!(read(&path, last_day).as_ref(), Some(&first));
        assert_eq!(read(&path, too_late), None);
        assert_eq!(read(&path, long_ago), None, "measured in a future that a wrong clock has seen");
        let again = Speed { scan_bytes_per_second: 1_000_000_000, ..measured(too_late) };
        assert_eq!(keep(&path, again.clone(), too_late), again, "what is too old is replaced");
        assert_eq!(read(&path, too_late), Some(again));
    }
}
