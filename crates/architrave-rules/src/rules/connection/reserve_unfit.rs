//! `connection/reserve-unfit`: see `reserve_unfit.md` for the rule's page.

use crate::figures::count;
use crate::rules::setting::advice::{change, evident, judged, on_setting, provider_keeps};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "connection/reserve-unfit",
    summary: "connections reserved for superusers: none, or too many",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("reserve_unfit.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) || provider_keeps(context, "the reserve of connections", sink) {
        return;
    }
    let (Some(reserve), Some(limit)) = (settings.number("superuser_reserved_connections"), settings.number("max_connections")) else {
        return;
    };
    let all = reserve + settings.number("reserved_connections").unwrap_or(0.0);
    let message = if reserve <= 0.0 {
        "no connection is reserved for superusers".to_owned()
    } else if all > limit * 0.2 {
        format!("{} of {} connections are reserved", count(all), count(limit))
    } else {
        return;
    };
    let why = format!(
        "When all connections are taken, the reserve is how somebody gets in to see why; what is reserved, applications never get.{}",
        change(settings, context, &[("superuser_reserved_connections", "3")])
    );
    let names = ["superuser_reserved_connections", "reserved_connections", "max_connections"];
    sink.report(evident(on_setting("superuser_reserved_connections", message, why), settings, &names));
}
