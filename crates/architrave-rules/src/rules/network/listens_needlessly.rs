//! `network/listens-needlessly`: see `listens_needlessly.md` for the rule's page.

use super::hba::{Reach, lines, listens_outside, reach, reached};
use crate::rules::setting::advice::{change, evident, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "network/listens-needlessly",
    summary: "server that listens to machines which it then turns away",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("listens_needlessly.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(rules) = lines(settings, context, sink) else { return };
    let Some(addresses) = settings.text("listen_addresses").filter(|a| listens_outside(a).is_some()) else { return };
    if rules.is_empty() || reached(rules).any(|r| r.method != "reject" && reach(r, settings) >= Reach::Network) {
        return;
    }
    let why = format!(
        "Whoever reaches the port reaches the server's code before any line is read.{}",
        change(settings, context, &[("listen_addresses", "localhost")])
    );
    let message = format!("the server listens on {addresses}, and no line of pg_hba.conf admits another machine");
    sink.report(evident(on_setting("listen_addresses", message, why), settings, &["listen_addresses"]));
}
