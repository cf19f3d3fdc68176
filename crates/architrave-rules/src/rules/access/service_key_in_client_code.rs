//! `access/service-key-in-client-code`: see `service_key_in_client_code.md` for the rule's page.

use crate::figures::list;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::privileged_use::{KeyReach, KeyUse};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "access/service-key-in-client-code",
    summary: "key of service_role where visitors or readers of the repository get it",
    severity: Severity::Critical,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("service_key_in_client_code.md"),
    check: Check::Catalog(check),
};

fn check(_catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let uses = &context.stack.privileged;
    if uses.files == 0 && !context.exposure.is_none() {
        sink.not_checked("no files of a project were given");
    }
    let mut by_file: BTreeMap<&str, Vec<&KeyUse>> = BTreeMap::new();
    for key in &uses.keys {
        by_file.entry(&key.location.path).or_default().push(key);
    }
    for (file, keys) in by_file {
        sink.report(draft(file, &keys));
    }
}

fn draft(file: &str, keys: &[&KeyUse]) -> Draft {
    let worst = keys.iter().map(|k| k.reach).max().unwrap_or(KeyReach::Source);
    let mut named: Vec<&str> = keys.iter().map(|k| k.what.as_str()).collect();
    named.dedup();
    let literal = keys.iter().any(|k| k.literal);
    let (verb, severity, confidence) = match worst {
        KeyReach::Bundled => ("gives every visitor", Severity::Critical, Confidence::Certain),
        KeyReach::Client => ("reads in code for the browser", Severity::High, Confidence::Possible),
        KeyReach::Source => ("gives every reader of the repository", Severity::High, Confidence::Certain),
    };
    let message = format!("{file} {verb} {}", list(&named));
    let mut why = "Whoever has this key acts as service_role: BYPASSRLS, every table, every row, the accounts in auth.users and the files in storage. No policy of this report counts for him.".to_owned();
    why.push_str(match worst {
        KeyReach::Bundled => " The build writes the value into the scripts that every browser loads.",
        KeyReach::Client => " Builds leave variables without their public prefix out of the browser's scripts, so it fails rather than leaks, until somebody adds the prefix to make it work.",
        KeyReach::Source => " Repositories are cloned, forked and searched; a key that was in one counts as known.",
    });
    why.push_str(" Move what needs it to the server, and use the publishable key in the browser.");
    if literal || worst == KeyReach::Bundled {
        why.push_str(" Make a new key and revoke this one: taking it out of the file does not take it back.");
    }
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::File, file), message, why).severity(severity).confidence(confidence).evidence(
        "places",
        keys.len(),
        "the project's files",
    );
    if let Some(first) = keys.first() {
        draft = draft.at(first.location.clone());
    }
    for key in keys {
        draft = draft.place_at(ObjectRef::global(ObjectKind::File, file), key.location.clone(), Some(key.what.clone()));
    }
    draft
}
