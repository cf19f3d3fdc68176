//! `extension/in-public`: see `in_public.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "extension/in-public",
    summary: "extensions among the tables of schema public",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("in_public.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let names: Vec<String> = catalog.extensions.iter().filter(|e| e.schema == "public").map(|e| e.name.clone()).collect();
    if names.is_empty() {
        return;
    }
    let served = context.exposure.schemas.iter().any(|s| s == "public") && !context.exposure.is_none();
    let stand = if names.len() == 1 { "stands" } else { "stand" };
    let message = format!("{} {stand} in schema public: {}", counted(names.len(), "extension", "extensions"), list_of(&names, 5));
    let mut why = "Their functions and types stand among your own, in dumps, generated clients and lists. New ones: `create schema extensions; create extension … schema extensions`. Most can be moved \
                   (`alter extension … set schema extensions`), when functions and search paths that name them are changed with it."
        .to_owned();
    if served {
        why.push_str(" The API serves this schema: outsiders may call their functions.");
    }
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, "public"), message, why).severity(if served {
        Severity::Low
    } else {
        RULE.severity
    });
    for name in &names {
        draft = draft.place(ObjectRef::global(ObjectKind::Extension, name), None);
    }
    sink.report(draft);
}
