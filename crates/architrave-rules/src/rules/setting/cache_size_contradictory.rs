//! `setting/cache-size-contradictory`: see `cache_size_contradictory.md` for the rule's page.

use crate::figures::bytes;
use crate::rules::setting::advice::{change, evident, global, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/cache-size-contradictory",
    summary: "effective_cache_size that cannot be right",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("cache_size_contradictory.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) || global(settings, "effective_cache_size").is_none() {
        return;
    }
    let (Some(cache), Some(buffers)) = (settings.bytes("effective_cache_size"), settings.bytes("shared_buffers")) else { return };
    let memory = context.brief.memory_bytes.map(|m| m as f64);
    let message = if cache < buffers {
        format!("effective_cache_size {} is below shared_buffers {}, which is a part of it", bytes(cache as i64), bytes(buffers as i64))
    } else if let Some(memory) = memory.filter(|m| cache > *m) {
        format!("effective_cache_size {} is more than the memory of {}", bytes(cache as i64), bytes(memory as i64))
    } else {
        return;
    };
    let wanted = memory.unwrap_or(buffers * 4.0) * 0.75;
    let value = format!("{} MB", (wanted / 1_048_576.0).round());
    let rests = if memory.is_some() {
        "three quarters of the memory"
    } else {
        "three times shared_buffers, taking them for a quarter of the memory"
    };
    let why = format!(
        "The planner takes a wrong picture of what stays in memory between two visits to a table, and prices index lookups by it. The value below is {rests}.{}",
        change(settings, context, &[("effective_cache_size", &value)])
    );
    sink.report(evident(on_setting("effective_cache_size", message, why), settings, &["effective_cache_size", "shared_buffers"]));
}
