//! `setting/wal-images-uncompressed`: see `wal_images_uncompressed.md` for the rule's page.

use crate::figures::{bytes, percent};
use crate::rules::setting::advice::{change, evident, is_off, judged, on_setting};
use crate::statistics::DAY;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::platform::Platform;
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "setting/wal-images-uncompressed",
    summary: "much WAL of whole pages, written uncompressed",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("wal_images_uncompressed.md"),
    check: Check::Live(check),
};

fn check(stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) || !is_off(settings, "wal_compression") {
        return;
    }
    if matches!(context.server.platform, Platform::Aurora | Platform::Neon | Platform::AlloyDb) {
        return sink.not_checked(format!("{} stores WAL in its own way", context.server.platform.title()));
    }
    let Some((wal, seconds)) = stats.wal.as_ref().and_then(|w| Some((w, stats.captured_at - w.stats_reset?))) else {
        return sink.not_checked("pg_stat_wal is not there before 14");
    };
    let (share, a_day) = (wal.full_page_images as f64 * 8192.0 / wal.bytes.max(1.0), wal.bytes / seconds.max(1.0) * DAY);
    if seconds < DAY || share < 0.5 || a_day < 5e9 {
        return;
    }
    let message =
        format!("up to {} of {} of WAL a day are whole pages, written uncompressed", percent(share.min(1.0)), bytes(a_day as i64));
    let method = if context.server.major() >= 15 { "lz4" } else { "on" };
    let why = format!(
        "Compressed, such pages often take a third of the room in the WAL, on the way to standbys and in the archive. Checkpoints that come less often make fewer of them.{}",
        change(settings, context, &[("wal_compression", method)])
    );
    let draft = on_setting("wal_compression", message, why)
        .evidence("full-page images", wal.full_page_images, "pg_stat_wal.wal_fpi")
        .evidence("bytes of WAL", wal.bytes, "pg_stat_wal.wal_bytes");
    sink.report(evident(draft, settings, &["wal_compression", "checkpoint_timeout", "max_wal_size"]));
}
