//! `setting/shared-buffers-unfit`: see `shared_buffers_unfit.md` for the rule's page.

use crate::figures::{bytes, percent};
use crate::rules::setting::advice::{change, evident, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::platform::Platform;
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/shared-buffers-unfit",
    summary: "shared buffers that do not fit the memory of the server",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("shared_buffers_unfit.md"),
    check: Check::Settings(check),
};

/// What `initdb` writes.
const INITIAL: f64 = 128.0 * 1_048_576.0;
const GIGABYTE: f64 = 1_073_741_824.0;

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let platform = context.server.platform;
    if matches!(platform, Platform::Aurora | Platform::Neon | Platform::AlloyDb) {
        return sink.not_checked(format!("{} sizes its caches itself", platform.title()));
    }
    let Some(buffers) = settings.bytes("shared_buffers") else {
        return sink.not_checked("shared_buffers is not readable");
    };
    let size = context.stats.and_then(|s| s.database.as_ref()).and_then(|d| d.bytes).map_or(0.0, |b| b as f64);
    let message = match context.brief.memory_bytes.map(|m| m as f64) {
        Some(memory) if buffers > memory * 0.4 => {
            format!("shared_buffers is {}, {} of the memory", bytes(buffers as i64), percent(buffers / memory))
        }
        Some(memory) if buffers < memory * 0.1 && size > buffers => {
            format!(
                "shared_buffers is {}, {} of the memory, for a database of {}",
                bytes(buffers as i64),
                percent(buffers / memory),
                bytes(size as i64)
            )
        }
        Some(_) => return,
        None if buffers <= INITIAL && size >= 4.0 * GIGABYTE => {
            format!("shared_buffers is {} as initdb left it, for a database of {}", bytes(buffers as i64), bytes(size as i64))
        }
        None => return sink.not_checked("the memory of the server is not known: say memory_bytes in [brief]"),
    };
    let wanted = context.brief.memory_bytes.map_or_else(|| "a quarter of the memory".to_owned(), |m| format!("{} MB", (m / 4) >> 20));
    let mut why = "Too small, and pages that all statements share go back and forth; too large, and sorts and the operating system's cache, which PostgreSQL relies on, have no room. A quarter of \
                   the memory is where to start: then compare the reads of a day before and after."
        .to_owned();
    if context.brief.memory_bytes.is_some() {
        why.push_str(&change(settings, context, &[("shared_buffers", &wanted)]));
    } else {
        why.push_str(" Say memory_bytes in [brief], and the figure can be named.");
    }
    let severity = if context.brief.memory_bytes.is_some() { RULE.severity } else { Severity::Low };
    let mut draft = evident(on_setting("shared_buffers", message, why).severity(severity), settings, &["shared_buffers"]);
    if let Some(memory) = context.brief.memory_bytes {
        draft = draft.evidence("memory", bytes(i64::try_from(memory).unwrap_or(i64::MAX)), "[brief]");
    }
    sink.report(draft.evidence("size of the database", size, "pg_database_size"));
}
