//! `setting/synchronous-commit-off`: see `synchronous_commit_off.md` for the rule's page.

use crate::figures::{count, counted};
use crate::rules::setting::advice::{change, evident, is_off, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::settings::{Override, Settings};
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/synchronous-commit-off",
    summary: "commits that are reported before they are safe",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Recovery,
    docs: include_str!("synchronous_commit_off.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let everywhere = is_off(settings, "synchronous_commit");
    let some: Vec<&Override> = settings.overrides.iter().filter(|o| o.name == "synchronous_commit" && o.value == "off").collect();
    if !everywhere && some.is_empty() {
        return;
    }
    let delay = settings.number("wal_writer_delay").unwrap_or(200.0);
    let message = if everywhere {
        "synchronous_commit is off for all: a crash loses what was committed last".to_owned()
    } else {
        format!("synchronous_commit is off for {}", counted(some.len(), "role or database", "roles or databases"))
    };
    let mut why = format!(
        "The server answers before the WAL is on disk; a crash loses up to about {} ms of commits that clients took for safe.",
        count(3.0 * delay)
    );
    if everywhere {
        why.push_str(&change(settings, context, &[("synchronous_commit", "on")]));
        why.push_str(" Transactions that can be lost may still ask for it with `set local synchronous_commit = off`.");
    }
    let severity = if everywhere { RULE.severity } else { Severity::Low };
    let mut draft =
        evident(on_setting("synchronous_commit", message, why).severity(severity), settings, &["synchronous_commit", "wal_writer_delay"]);
    for entry in some {
        let object = match (&entry.role, &entry.database) {
            (Some(role), _) => ObjectRef::global(ObjectKind::Role, role),
            (None, Some(database)) => ObjectRef::global(ObjectKind::Database, database),
            (None, None) => ObjectRef::global(ObjectKind::Setting, "synchronous_commit"),
        };
        draft = draft.place(object, Some("synchronous_commit = off".to_owned()));
    }
    sink.report(draft);
}
