//! What the plan says of an action, computed from its findings.

use crate::assessment::{plural, plural_of};
use architrave_model::finding::Finding;

/// Imperative, one line.
pub(super) fn title(rule: &str, summary: &str, findings: &[&Finding]) -> String {
    let places: usize = findings.iter().map(|f| f.places.len().max(1)).sum();
    let first = findings.iter().find_map(|f| f.fix.as_ref()).map(|f| capital(&f.title));
    match (findings, first) {
        ([_], Some(title)) => title,
        ([one], None) => format!("Settle: {}", first_clause(&one.message)),
        (more, Some(title)) => format!("{title}, and {} more like it", more.len() - 1),
        _ => format!("Settle {}: {summary} ({rule})", plural_of(places, "place", "places")),
    }
}

/// What it removes, with the worst finding's own words.
pub(super) fn why(findings: &[&Finding]) -> String {
    let Some(worst) = findings.iter().max_by_key(|f| f.severity) else { return String::new() };
    let others = findings.len() - 1;
    // Most messages name their object themselves.
    let named = worst.message.contains(&worst.object.name);
    let claim = if named { worst.message.clone() } else { format!("{}: {}", worst.object, worst.message) };
    if others == 0 {
        return format!("{claim}. {}", worst.why);
    }
    format!("{claim}; and {} more. {}", plural(others, "finding"), worst.why)
}

/// A message up to its first colon that ends a clause: what is wrong, without the list or consequence that follows.
fn first_clause(message: &str) -> String {
    message.split(": ").next().unwrap_or(message).to_owned()
}

/// What could go wrong.
pub(super) fn risk(findings: &[&Finding]) -> String {
    let fixes: Vec<_> = findings.iter().filter_map(|f| f.fix.as_ref()).collect();
    if fixes.is_empty() {
        return "No statement is proposed, so nothing changes by itself.".to_owned();
    }
    let mut sentences = Vec::new();
    let exclusive: Vec<&str> =
        fixes.iter().flat_map(|f| &f.effect.locks).filter(|l| l.mode == "AccessExclusiveLock").map(|l| l.relation.as_str()).collect();
    let rewrites: Vec<&str> = fixes.iter().flat_map(|f| &f.effect.rewrites).map(String::as_str).collect();
    if !rewrites.is_empty() {
        sentences.push(format!(
            "Rewrites {} while nobody can read or write: run it in a maintenance window, or table by table.",
            some(&rewrites)
        ));
    } else if !exclusive.is_empty() {
        sentences.push(format!(
            "Takes a short ACCESS EXCLUSIVE lock on {}; behind a long transaction everybody queues, so set lock_timeout and retry.",
            some(&exclusive)
        ));
    }
    let starts = |word: &str| {
        fixes.iter().flat_map(|f| &f.up).any(|s| s.to_lowercase().starts_with(word) && s.to_lowercase().contains("concurrently"))
    };
    if starts("create ") {
        sentences.push("Runs outside a transaction: a cancelled CREATE INDEX CONCURRENTLY leaves an invalid index to drop.".to_owned());
    } else if starts("drop ") {
        sentences.push(
            "Runs outside a transaction: a cancelled DROP INDEX CONCURRENTLY leaves an invalid index; run it again. Making the index anew takes as long as it did."
                .to_owned(),
        );
    } else if fixes.iter().any(|f| !f.transactional) {
        sentences.push("Runs outside a transaction: what was done before a failure stays done.".to_owned());
    }
    if fixes.iter().any(|f| f.down.is_empty()) {
        sentences.push("Has no statement that leads back: take a backup first.".to_owned());
    }
    let mut cautions: Vec<&str> = fixes.iter().filter_map(|f| f.caution.as_deref()).collect();
    cautions.sort_unstable();
    cautions.dedup();
    sentences.extend(cautions.into_iter().take(2).map(|c| format!("{}.", capital(c.trim_end_matches('.')))));
    if sentences.is_empty() {
        return "Blocks neither reads nor writes for longer than a catalogue change.".to_owned();
    }
    sentences.join(" ")
}

/// How to see that it worked.
pub(super) fn test(rule: &str, findings: &[&Finding]) -> String {
    let n = plural(findings.len(), "finding");
    format!("`architrave review --rule {rule}` no longer shows the {n}.")
}

/// What the rule's page says about leaving it as it is: its first paragraph.
pub(super) fn when_to_allow(docs: &str) -> String {
    let Some((_, rest)) = docs.split_once("## When to allow it") else { return String::new() };
    let section = rest.split("\n## ").next().unwrap_or_default().trim();
    let paragraph = section.split("\n\n").next().unwrap_or_default();
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The step when no statement is proposed.
pub(super) fn by_hand(findings: &[&Finding]) -> String {
    let names: Vec<String> = findings.iter().map(|f| f.object.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    format!("Decide by hand for {}; the finding says what to weigh", some(&names))
}

fn some(names: &[&str]) -> String {
    let mut names: Vec<&str> = names.to_vec();
    names.sort_unstable();
    names.dedup();
    match names.len() {
        0..=3 => names.join(", "),
        n => format!("{} and {} more", names[..3].join(", "), n - 3),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
