//! `setting/memory-overcommitted`: see `memory_overcommitted.md` for the rule's page.

use crate::figures::{bytes, count};
use crate::rules::setting::advice::{change, evident, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::platform::Platform;
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/memory-overcommitted",
    summary: "memory that connections may ask for, beyond what the server has",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Scaling,
    docs: include_str!("memory_overcommitted.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let platform = context.server.platform;
    if matches!(platform, Platform::Neon | Platform::AlloyDb) {
        return sink.not_checked(format!("{} gives and takes memory as it is asked for", platform.title()));
    }
    let Some(memory) = context.brief.memory_bytes.map(|m| m as f64) else {
        return sink.not_checked("the memory of the server is not known: say memory_bytes in [brief]");
    };
    let (Some(buffers), Some(work), Some(connections)) =
        (settings.bytes("shared_buffers"), settings.bytes("work_mem"), settings.number("max_connections"))
    else {
        return sink.not_checked("shared_buffers, work_mem or max_connections is not readable");
    };
    let own = settings.bytes("autovacuum_work_mem").filter(|b| *b > 0.0);
    let vacuum =
        own.or_else(|| settings.bytes("maintenance_work_mem")).unwrap_or(0.0) * settings.number("autovacuum_max_workers").unwrap_or(3.0);
    let asked = buffers + connections * work + vacuum;
    if asked <= memory {
        return;
    }
    let workers = settings.number("max_worker_processes").unwrap_or(8.0);
    let wanted = ((memory - buffers).max(0.0) / ((connections + workers) * 3.0) / 1_048_576.0).floor().max(4.0);
    let message = format!(
        "{} connections with a work_mem of {} each, shared buffers and vacuums may ask for {} of {}",
        count(connections),
        bytes(work as i64),
        bytes(asked as i64),
        bytes(memory as i64)
    );
    let why = format!(
        "When memory runs out the kernel ends a process of PostgreSQL, and all sessions are cut off while it recovers. A statement may even take work_mem several times. Let a pooler hold \
         the number of connections down first; the value below is (memory − shared_buffers) / (3 × (max_connections + max_worker_processes)), and roles that sort much can have more of their \
         own.{}",
        change(settings, context, &[("work_mem", &format!("{wanted} MB"))])
    );
    let names = ["shared_buffers", "work_mem", "max_connections", "maintenance_work_mem", "autovacuum_work_mem", "autovacuum_max_workers"];
    let draft = evident(on_setting("work_mem", message, why), settings, &names);
    sink.report(draft.evidence("memory", bytes(memory as i64), "[brief]"));
}
