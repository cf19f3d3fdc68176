//! `access/service-key-in-client-code`: see `service_key_in_client_code.md` for the rule's page.

use crate::figures::{counted, list};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::privileged_use::{KeyReach, KeyUse};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

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
    // One cause: the key has to be taken out of all these files, and replaced once.
    let mut by_reach: BTreeMap<KeyReach, Vec<&KeyUse>> = BTreeMap::new();
    for key in &uses.keys {
        by_reach.entry(key.reach).or_default().push(key);
    }
    for (reach, keys) in by_reach.into_iter().rev() {
        sink.report(draft(reach, &keys));
    }
}

fn draft(reach: KeyReach, keys: &[&KeyUse]) -> Draft {
    let files: BTreeSet<&str> = keys.iter().map(|k| k.location.path.as_str()).collect();
    let file = keys.first().map_or("", |k| k.location.path.as_str());
    let mut named: Vec<&str> = keys.iter().map(|k| k.what.as_str()).collect();
    named.sort_unstable();
    named.dedup();
    let literal = keys.iter().any(|k| k.literal);
    let one = files.len() == 1;
    let (verb, severity, confidence) = match reach {
        KeyReach::Bundled => (if one { "gives every visitor" } else { "give every visitor" }, Severity::Critical, Confidence::Certain),
        KeyReach::Client if one => ("reads in code for the browser", Severity::High, Confidence::Possible),
        KeyReach::Client => ("read in code for the browser", Severity::High, Confidence::Possible),
        KeyReach::Source if one => ("gives every reader of the repository", Severity::High, Confidence::Certain),
        KeyReach::Source => ("give every reader of the repository", Severity::High, Confidence::Certain),
        KeyReach::Named => (if one { "keeps the service key in" } else { "keep the service key in" }, Severity::Medium, Confidence::Likely),
    };
    let who = if one { file.to_owned() } else { format!("{file} and {}", counted(files.len() - 1, "other file", "other files")) };
    let message = format!("{who} {verb} {}", list(&named));
    let mut why = "Whoever has this key acts as service_role: BYPASSRLS, every table, every row, the accounts in auth.users and the files in storage. No policy of this report counts for him.".to_owned();
    why.push_str(match reach {
        KeyReach::Bundled => " The build writes the value into the scripts that every browser loads.",
        KeyReach::Client => " Builds leave variables without their public prefix out of the browser's scripts, so it fails rather than leaks, until somebody adds the prefix to make it work.",
        KeyReach::Source => " Repositories are cloned, forked and searched; a key that was in one counts as known.",
        KeyReach::Named => " Code for the server reads it here. The prefix of the name tells the build to write the value into whatever code for the browser names it: one mistaken line gives it to every visitor.",
    });
    why.push_str(match reach {
        KeyReach::Named => " Give the variable a name without that prefix.",
        _ => " Move what needs it to the server, and use the publishable key in the browser.",
    });
    if literal || reach == KeyReach::Bundled {
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
        let object = ObjectRef::global(ObjectKind::File, key.location.path.clone());
        draft = draft.place_at(object, key.location.clone(), Some(key.what.clone()));
    }
    draft
}
