//! What a handler does, told by running it with events of every type, and with a database that fails.

use super::events;
use super::modules::Modules;
use super::run::values::{Body, Scope};
use super::run::{End, Oracle, Run, Trace, loss_of};
use super::syntax::Function;
use crate::program::Language;
use architrave_model::script::Location;
use architrave_model::webhook::{HandlerWrite, Loss, Verb, Verification, WebhookHandler};
use std::collections::BTreeSet;
use std::rc::Rc;

/// A function that may be a handler.
pub(super) struct Candidate {
    pub(super) function: Rc<Function>,
    pub(super) file: usize,
    pub(super) scope: Rc<Scope>,
    /// Functions that it enters.
    pub(super) entered: Vec<(usize, u32)>,
}

struct Tried {
    kind: &'static str,
    finds: bool,
    trace: Trace,
    end: End,
}

/// A function as a candidate, when running it shows that it takes events of this kind.
pub(super) fn candidate(modules: &Modules<'_>, function: &Rc<Function>, file: usize) -> Option<Candidate> {
    let scope = modules.module(file)?.scope.clone();
    let run = Run::new(modules, &events::of_type("user.created"), Oracle::Succeeds { finds: false }, false);
    run.handle(function, file, &scope);
    let trace = run.trace.into_inner();
    let about_people = trace.compared.iter().any(|t| t.starts_with("user.") || t.starts_with("organization"));
    let takes = !trace.verified.is_empty() || trace.took_event;
    (about_people && takes).then(|| Candidate { function: function.clone(), file, scope, entered: trace.entered })
}

/// All that is told of a handler.
pub(super) fn of(modules: &Modules<'_>, candidate: &Candidate) -> WebhookHandler {
    let tried: Vec<Tried> =
        events::TYPES.iter().flat_map(|kind| [false, true].map(|finds| try_one(modules, candidate, kind, finds))).collect();
    let idle = try_one(modules, candidate, "session.removed", false);
    let compared: BTreeSet<&str> = tried.iter().flat_map(|t| &t.trace.compared).map(String::as_str).collect();
    let takes = |kind: &str| compared.contains(kind);
    let always: BTreeSet<Location> =
        idle.trace.unknown_calls.iter().map(|(_, at)| at.clone()).chain(idle.trace.statements.iter().map(|s| s.location.clone())).collect();
    let writes = writes(&tried, &always, &takes);
    let events: BTreeSet<String> = writes.iter().map(|w| w.event.clone()).collect();
    let any = |f: fn(&Trace) -> bool| tried.iter().any(|t| f(&t.trace));
    let location = Location { path: modules.path(candidate.file), line: candidate.function.line, column: 1 };
    let primary = any(|t| t.primary_email);
    WebhookHandler {
        language: language(&location.path, modules.language(candidate.file)),
        location,
        handles_deletion: deletion(&tried, &writes),
        events: events.into_iter().collect(),
        verification: verification(&tried),
        writes,
        reads_update_time: any(|t| t.update_time),
        stores_message_id: any(|t| t.message_id),
        first_email: tried.iter().find_map(|t| t.trace.first_email.clone()).filter(|_| !primary),
        losses: losses(modules, candidate, &tried),
        not_followed: not_followed(&tried, &always),
        behind_token: false,
        orders: None,
    }
}

fn try_one(modules: &Modules<'_>, candidate: &Candidate, kind: &'static str, finds: bool) -> Tried {
    let event = if kind.starts_with("session") { session() } else { events::of_type(kind) };
    let run = Run::new(modules, &event, Oracle::Succeeds { finds }, false);
    let end = run.handle(&candidate.function, candidate.file, &candidate.scope);
    Tried { kind, finds, trace: run.trace.into_inner(), end }
}

/// An event that no handler of people is for.
fn session() -> serde_json::Value {
    let mut event = events::of_type("user.created");
    event["type"] = "session.removed".into();
    event
}

fn language(path: &str, language: Language) -> String {
    let ending = path.rsplit('.').next().unwrap_or_default();
    match language {
        Language::Python => "Python",
        Language::Script if ending.contains("ts") => "TypeScript",
        Language::Script => "JavaScript",
    }
    .to_owned()
}

/// What each event leads to; without what every event leads to.
fn writes(tried: &[Tried], always: &BTreeSet<Location>, takes: &dyn Fn(&str) -> bool) -> Vec<HandlerWrite> {
    let mut out: Vec<HandlerWrite> = Vec::new();
    for t in tried.iter().filter(|t| takes(t.kind)) {
        for s in t.trace.statements.iter().filter(|s| s.verb != Verb::Select && !always.contains(&s.location) && s.table != "commit") {
            let mut columns: Vec<String> = s.values.iter().map(|(name, _)| name.clone()).collect();
            columns.sort();
            let unless_found = s.verb == Verb::Insert && !t.finds && !found_too(tried, t.kind, &s.location);
            out.push(HandlerWrite {
                event: t.kind.to_owned(),
                verb: s.verb,
                table: s.table.clone(),
                columns,
                unless_found,
                location: s.location.clone(),
            });
        }
        for (name, at) in t.trace.unknown_calls.iter().filter(|(_, at)| !always.contains(at)) {
            let call = HandlerWrite {
                event: t.kind.to_owned(),
                verb: Verb::Call,
                table: name.clone(),
                columns: Vec::new(),
                unless_found: false,
                location: at.clone(),
            };
            out.push(call);
        }
    }
    out.sort();
    out.dedup_by(|a, b| a.event == b.event && a.verb == b.verb && a.location == b.location);
    out
}

/// Whether the statement is run where a read finds a row, too.
fn found_too(tried: &[Tried], kind: &str, at: &Location) -> bool {
    tried.iter().any(|t| t.kind == kind && t.finds && t.trace.statements.iter().any(|s| s.location == *at && s.verb == Verb::Insert))
}

fn deletion(tried: &[Tried], writes: &[HandlerWrite]) -> Option<bool> {
    if writes.iter().any(|w| w.event == "user.deleted") {
        return Some(true);
    }
    let deletions: Vec<&Tried> = tried.iter().filter(|t| t.kind == "user.deleted").collect();
    let told = deletions.iter().all(|t| !t.trace.forked && !matches!(t.end, End::Stuck(_)));
    let creates = writes.iter().any(|w| matches!(w.event.as_str(), "user.created" | "user.updated"));
    // What is not told, or is no copy of people at all, is not judged.
    (told && creates).then_some(false)
}

fn verification(tried: &[Tried]) -> Verification {
    let first = tried.iter().find_map(|t| t.trace.verified.first());
    if let Some((location, body)) = first {
        let location = location.clone();
        let unverified = tried.iter().all(|t| t.trace.unverified_statements > 0 || t.trace.statements.is_empty())
            && tried.iter().any(|t| t.trace.unverified_statements > 0);
        return match body {
            Body::Rewritten => Verification::Rewritten { location },
            _ if unverified => Verification::Unknown { why: "statements run before the signature is verified".to_owned() },
            _ => Verification::Verified { location },
        };
    }
    match tried.iter().find_map(|t| t.trace.maybe_verified.clone()) {
        Some(name) => Verification::Unknown { why: format!("{name} may verify it, and its code is not in the project") },
        None if tried.iter().any(|t| matches!(t.end, End::Stuck(_))) => {
            Verification::Unknown { why: "the handler could not be followed".to_owned() }
        }
        None => Verification::Missing,
    }
}

/// Runs with a database that refuses every write: who answers that it worked has lost the event.
fn losses(modules: &Modules<'_>, candidate: &Candidate, tried: &[Tried]) -> Vec<(Loss, Location)> {
    let mut out: BTreeSet<(Loss, Location)> = BTreeSet::new();
    for t in tried.iter().filter(|t| t.kind.starts_with("user.")) {
        out.extend(t.trace.not_awaited.iter().map(|at| (Loss::NotAwaited, at.clone())));
        if t.trace.forked || !t.trace.statements.iter().any(|s| s.verb != Verb::Select) {
            continue;
        }
        let run = Run::new(modules, &events::of_type(t.kind), Oracle::WritesFail { finds: t.finds }, false);
        let end = run.handle(&candidate.function, candidate.file, &candidate.scope);
        let trace = run.trace.into_inner();
        let refused = trace.statements.iter().find(|s| s.verb != Verb::Select);
        if let (End::Answers(200..300), Some(refused), false) = (end, refused, trace.forked)
            && !out.iter().any(|(_, at)| *at == refused.location)
        {
            out.insert((loss_of(&trace), refused.location.clone()));
        }
    }
    out.into_iter().collect()
}

fn not_followed(tried: &[Tried], always: &BTreeSet<Location>) -> Vec<String> {
    let calls = tried.iter().flat_map(|t| &t.trace.unknown_calls).filter(|(_, at)| !always.contains(at));
    let mut out: BTreeSet<String> = calls.map(|(name, at)| format!("{name} ({}:{})", at.path, at.line)).collect();
    out.extend(tried.iter().filter_map(|t| if let End::Stuck(why) = &t.end { Some(why.clone()) } else { None }));
    out.into_iter().take(12).collect()
}
