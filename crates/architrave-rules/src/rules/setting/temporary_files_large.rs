//! `setting/temporary-files-large`: see `temporary_files_large.md` for the rule's page.

use crate::figures::bytes;
use crate::rules::setting::advice::{evident, judged, on_setting};
use crate::statistics::{DAY, counting_since};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "setting/temporary-files-large",
    summary: "sorts and hashes that do not fit into work_mem",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("temporary_files_large.md"),
    check: Check::Live(check),
};

fn check(stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let (Some(database), Some(covered)) = (&stats.database, counting_since(stats, context)) else {
        return sink.not_checked("the counters of the database are not readable");
    };
    if covered < DAY {
        return sink.not_checked("the counters cover less than a day");
    }
    let a_day = database.temp_bytes as f64 / covered * DAY;
    let severity = match a_day {
        n if n >= 2e11 => Severity::Medium,
        n if n >= 1e10 => RULE.severity,
        _ => return,
    };
    let files = database.temp_files as f64;
    let message = format!(
        "{} of temporary files a day, {} each on average",
        bytes(a_day as i64),
        bytes((database.temp_bytes as f64 / files.max(1.0)) as i64)
    );
    let mut why = "Sorts and hashes larger than work_mem go to disk. Find the statements first (log_temp_files, or temp_blks_written of pg_stat_statements): an index or fewer columns often saves the \
                   sort. Then give more work_mem to the roles that run the rest (`alter role … set work_mem = …`), not to all."
        .to_owned();
    if settings.number("temp_file_limit") == Some(-1.0) {
        why.push_str(" No temp_file_limit is set: one statement can fill the disk.");
    }
    let draft = on_setting("work_mem", message, why)
        .severity(severity)
        .evidence("temporary bytes", database.temp_bytes, "pg_stat_database.temp_bytes")
        .evidence("temporary files", database.temp_files, "pg_stat_database.temp_files")
        .evidence("days covered", (covered / DAY).floor(), "stats_reset");
    sink.report(evident(draft, settings, &["work_mem", "temp_file_limit"]));
}
