//! Handlers of Clerk's webhooks in JavaScript, TypeScript and Python: found in the project's code, read as programs, and run with events of ours
//! against a database that is only imagined. What a handler does is told from that, not from words in its text.

mod events;
mod facts;
mod modules;
mod program;
mod run;
mod syntax;
#[cfg(test)]
mod tests;

pub use program::{HandlerProgram, program};

use crate::path;
use crate::program::Language;
use crate::tree::Tree;
use architrave_model::webhook::{WebhookHandler, Webhooks};
use facts::Candidate;
use modules::Modules;
use std::rc::Rc;
use syntax::Function;

/// The id that our messages have: where it turns up, the handler has handed it on.
pub(crate) const MESSAGE_ID: &str = "msg_architrave000000000000000001";

/// Larger files are data or generated.
const MOST_BYTES: usize = 256 * 1024;
/// Handlers kept.
const MOST_HANDLERS: usize = 40;

/// What handlers of people tell apart.
const EVENTS: &[&str] = &["user.created", "user.updated", "user.deleted"];
/// What verifies signatures.
const VERIFIERS: &[&str] = &["svix", "verifyWebhook", "verify_webhook", "standardwebhooks"];

/// Reads all handlers of a project.
pub(crate) fn read(tree: &Tree) -> Webhooks {
    let mut found = Webhooks::default();
    for file in tree.files().filter(|f| may_hold(tree, f)) {
        let modules = Modules::new(tree);
        let all = candidates(&modules, &file);
        if all.is_empty() && verifies(&file, tree) {
            found.unread.push((
                file.clone(),
                "it speaks of these events, and no function in it takes a request and tells their types apart".to_owned(),
            ));
        }
        for candidate in &all {
            if found.handlers.len() < MOST_HANDLERS {
                let mut handler = facts::of(&modules, candidate);
                handler.behind_token = behind_token(tree, &file);
                found.handlers.push(handler);
            }
        }
    }
    let known: Vec<String> = found.handlers.iter().flat_map(places).collect();
    found.unread.retain(|(file, _)| !known.contains(file));
    found.handlers.sort_by(|a, b| a.location.cmp(&b.location));
    found
}

/// Files that a handler's statements stand in are read with it.
fn places(handler: &WebhookHandler) -> Vec<String> {
    let writes = handler.writes.iter().map(|w| w.location.path.clone());
    writes.chain([handler.location.path.clone()]).collect()
}

/// A quick look: a program that speaks of Clerk and of its events.
fn may_hold(tree: &Tree, file: &str) -> bool {
    let name = path::file_name(file);
    let test = name.contains(".test.") || name.contains(".spec.") || name.starts_with("test_") || name.ends_with("_test.py");
    if Language::of(name).is_none() || test || path::is_sample(file) || name.contains(".min.") || name.contains(".config.") {
        return false;
    }
    let Ok(read) = tree.read(file) else { return false };
    let text = &read.text;
    let event = EVENTS.iter().any(|e| text.contains(e));
    let verifies = VERIFIERS.iter().any(|e| text.contains(e));
    let clerk = || text.to_lowercase().contains("clerk") || file.to_lowercase().contains("clerk");
    text.len() <= MOST_BYTES && (event || verifies) && clerk()
}

/// Whether the file is a handler beyond doubt: it verifies signatures, and tells events apart.
fn verifies(file: &str, tree: &Tree) -> bool {
    let Ok(read) = tree.read(file) else { return false };
    VERIFIERS.iter().any(|v| read.text.contains(v)) && EVENTS.iter().any(|e| read.text.contains(e))
}

/// The functions of a file that take such requests; those that another one calls are a part of it.
fn candidates(modules: &Modules<'_>, file: &str) -> Vec<Candidate> {
    let Some(at) = modules.load(file) else { return Vec::new() };
    let Some(module) = modules.module(at) else { return Vec::new() };
    let mut functions: Vec<Rc<Function>> = Vec::new();
    syntax::functions(&module.statements, &mut |f| functions.push(f.clone()));
    functions.retain(|f| f.parameters.len() <= 8);
    let all: Vec<Candidate> = functions.iter().take(60).filter_map(|f| facts::candidate(modules, f, at)).collect();
    let inner: Vec<(usize, u32)> =
        all.iter().flat_map(|c| c.entered.iter().filter(|e| **e != (c.file, c.function.line))).copied().collect();
    let mut lines: Vec<u32> = Vec::new();
    let outer = all.into_iter().filter(|c| !inner.contains(&(c.file, c.function.line)));
    outer
        .filter(|c| {
            !lines.contains(&c.function.line) && {
                lines.push(c.function.line);
                true
            }
        })
        .collect()
}

/// Whether the file is an edge function of Supabase whose gateway asks for a token.
fn behind_token(tree: &Tree, file: &str) -> bool {
    let Some((home, rest)) = file.split_once("supabase/functions/") else { return false };
    let Some((name, _)) = rest.split_once('/') else { return false };
    let Ok(config) = tree.read(&format!("{home}supabase/config.toml")) else { return false };
    let Ok(config) = config.text.parse::<toml::Table>() else { return false };
    let of = config.get("functions").and_then(|f| f.get(name)).and_then(|f| f.get("verify_jwt")).and_then(toml::Value::as_bool);
    of.unwrap_or(true)
}
