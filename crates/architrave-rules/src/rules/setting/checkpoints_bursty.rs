//! `setting/checkpoints-bursty`: see `checkpoints_bursty.md` for the rule's page.

use crate::figures::list;
use crate::rules::setting::advice::{change, evident, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::platform::Platform;
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/checkpoints-bursty",
    summary: "checkpoints that write in bursts",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("checkpoints_bursty.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    if matches!(context.server.platform, Platform::Aurora | Platform::Neon | Platform::AlloyDb) {
        return sink.not_checked(format!("{} has no checkpoints of this kind", context.server.platform.title()));
    }
    let target = settings.number("checkpoint_completion_target").filter(|t| *t < 0.7);
    let timeout = settings.number("checkpoint_timeout").filter(|s| *s < 300.0);
    let mut said = Vec::new();
    let mut wanted = Vec::new();
    if let Some(target) = target {
        said.push(format!("checkpoint_completion_target is {target}"));
        wanted.push(("checkpoint_completion_target", "0.9"));
    }
    if let Some(timeout) = timeout {
        said.push(format!("checkpoint_timeout is {timeout} s"));
        wanted.push(("checkpoint_timeout", "5min"));
    }
    let Some((first, _)) = wanted.first() else { return };
    let why = format!(
        "The pages of a checkpoint are written in a part of the time that there is for them, and statements wait for the disk meanwhile.{}",
        change(settings, context, &wanted)
    );
    let draft = on_setting(first, format!("checkpoints write in bursts: {}", list(&said)), why);
    sink.report(evident(draft, settings, &["checkpoint_completion_target", "checkpoint_timeout"]));
}
