//! `network/line-invalid`: see `line_invalid.md` for the rule's page.

use super::hba::lines;
use crate::figures::counted;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::settings::{HbaRule, Settings};
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "network/line-invalid",
    summary: "lines of pg_hba.conf that the server cannot read",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("line_invalid.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(rules) = lines(settings, context, sink) else { return };
    let broken: Vec<(&HbaRule, &str)> = rules.iter().filter_map(|r| Some((r, r.error.as_deref()?))).collect();
    let Some((first, error)) = broken.first() else { return };
    let message = format!("{} of pg_hba.conf cannot be read: line {}, {error}", counted(broken.len(), "line", "lines"), first.line);
    let why = "The server does not start with this file, and refuses every reload of it: changes made since do not take effect. Correct it, look at pg_hba_file_rules, then `select pg_reload_conf()`.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::HbaRule, "pg_hba.conf"), message, why);
    for (rule, error) in broken {
        draft = draft.place(ObjectRef::global(ObjectKind::HbaRule, format!("line {}", rule.line)), Some((*error).to_owned()));
    }
    sink.report(draft);
}
