//! `setting/huge-pages-unused`: see `huge_pages_unused.md` for the rule's page.

use crate::figures::bytes;
use crate::rules::setting::advice::{evident, judged, on_setting, provider_keeps};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/huge-pages-unused",
    summary: "large shared buffers without huge pages",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("huge_pages_unused.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) || provider_keeps(context, "huge pages", sink) {
        return;
    }
    let Some(buffers) = settings.bytes("shared_buffers").filter(|b| *b >= 8.0 * 1_073_741_824.0) else { return };
    let (asked, got) = (settings.text("huge_pages").unwrap_or_default(), settings.text("huge_pages_status"));
    if asked != "off" && got != Some("off") {
        return;
    }
    let message = format!("shared buffers of {} are mapped in small pages", bytes(buffers as i64));
    let why = format!(
        "Each connection that has touched all of them keeps a page table of up to {}. Steps: set vm.nr_hugepages to what `postgres -C shared_memory_size_in_huge_pages` prints on the stopped \
         cluster (15 and later), then huge_pages = on, so that the server says it when they are missing, and restart.",
        bytes((buffers / 512.0) as i64)
    );
    sink.report(evident(on_setting("huge_pages", message, why), settings, &["shared_buffers", "huge_pages", "huge_pages_status"]));
}
