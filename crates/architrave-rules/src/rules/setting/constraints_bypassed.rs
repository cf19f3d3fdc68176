//! `setting/constraints-bypassed`: see `constraints_bypassed.md` for the rule's page.

use crate::figures::list_of;
use crate::rules::setting::advice::{change, evident, global, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::{Override, Settings};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/constraints-bypassed",
    summary: "sessions that skip triggers and foreign keys",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("constraints_bypassed.md"),
    check: Check::Settings(check),
};

const NAME: &str = "session_replication_role";

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let everywhere = global(settings, NAME).is_some_and(|s| s.value != "origin");
    let some: Vec<&Override> = settings.overrides.iter().filter(|o| o.name == NAME && o.value != "origin").collect();
    if !everywhere && some.is_empty() {
        return;
    }
    let whose: Vec<String> = some.iter().filter_map(|o| o.role.clone().or_else(|| o.database.clone())).collect();
    let message = if everywhere {
        format!("{NAME} is {} for all: foreign keys and triggers do not work", settings.text(NAME).unwrap_or("replica"))
    } else {
        format!("foreign keys and triggers do not work for {}: {NAME}", list_of(&whose, 5))
    };
    let mut why = "Rows that break foreign keys get in without a word, and triggers that keep other tables in step do not fire.".to_owned();
    if everywhere {
        why.push_str(&change(settings, context, &[(NAME, "origin")]));
    }
    why.push_str(" Then check each foreign key for orphans: drop and add it again as `not valid`, and `validate constraint`.");
    let severity = if everywhere { RULE.severity } else { Severity::Medium };
    let mut draft = evident(on_setting(NAME, message, why).severity(severity), settings, &[NAME]);
    for entry in some {
        let whose = entry.role.as_deref().or(entry.database.as_deref()).unwrap_or("all");
        draft = draft.evidence(format!("{NAME} of {whose}"), entry.value.as_str(), "pg_db_role_setting");
    }
    sink.report(draft);
}
