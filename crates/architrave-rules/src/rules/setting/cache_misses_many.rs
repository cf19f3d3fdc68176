//! `setting/cache-misses-many`: see `cache_misses_many.md` for the rule's page.

use crate::figures::{count, percent};
use crate::rules::setting::advice::{evident, judged, on_setting};
use crate::statistics::{DAY, counting_since};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::platform::Platform;
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "setting/cache-misses-many",
    summary: "database that reads most of what it needs from outside its buffers",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("cache_misses_many.md"),
    check: Check::Live(check),
};

fn check(stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    if matches!(context.server.platform, Platform::Aurora | Platform::Neon | Platform::AlloyDb) {
        return sink.not_checked(format!("{} caches outside of shared buffers", context.server.platform.title()));
    }
    let (Some(database), Some(covered)) = (&stats.database, counting_since(stats, context)) else {
        return sink.not_checked("the counters of the database are not readable");
    };
    if covered < DAY {
        return sink.not_checked("the counters cover less than a day");
    }
    let (hit, read) = (database.blocks_hit as f64, database.blocks_read as f64);
    let (share, rate) = (hit / (hit + read).max(1.0), read / covered);
    if share >= 0.9 || rate < 500.0 {
        return;
    }
    let message =
        format!("{} of block requests are found in shared buffers; {} blocks a second come from outside", percent(share), count(rate));
    let why = "From the operating system's cache or from the disk: the counters cannot tell which. Switch track_io_timing on to see how long it takes; look at the statements with the most \
               shared_blks_read and at tables that are read in full first; more shared_buffers come after that.";
    let draft = on_setting("shared_buffers", message, why)
        .evidence("blocks found", database.blocks_hit, "pg_stat_database.blks_hit")
        .evidence("blocks read", database.blocks_read, "pg_stat_database.blks_read")
        .evidence("days covered", (covered / DAY).floor(), "stats_reset");
    sink.report(evident(draft, settings, &["shared_buffers", "effective_cache_size"]));
}
