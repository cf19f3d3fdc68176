//! Findings made ready to print: names, exact figures, effects in words, scripts with their semicolons.

use crate::format;
use crate::report::{EvidenceView, FindingView, FixView, PlaceView, PlanView, ProofView};
use crate::text::{Text, code, codes, say, strong};
use architrave_model::finding::{Confidence, Effect, Effort, Evidence, Finding, Fix, Link, Proof, Severity, Value, Verdict};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::script::Location;
use std::collections::{BTreeMap, BTreeSet};

/// The finding of that number, ready to print.
pub(crate) fn finding(number: usize, finding: &Finding, area: Area, actions: Vec<u32>, plan: Option<PlanView>) -> FindingView {
    FindingView {
        number,
        area,
        object: object(&finding.object),
        location: finding.location.as_ref().map(location),
        points_to: finding.location.clone(),
        places: finding
            .places
            .iter()
            .map(|p| PlaceView {
                object: p.object.to_string(),
                location: p.location.as_ref().map(location),
                detail: p.detail.clone(),
                is_new: false,
            })
            .collect(),
        evidence: finding.evidence.iter().map(evidence).collect(),
        fix: finding.fix.as_ref().map(fix),
        proof: finding.proof.as_ref().map(proof),
        references: finding.references.iter().filter(|l| is_web(l)).cloned().collect(),
        actions,
        change: None,
        plan,
        finding: finding.clone(),
    }
}

/// `path:line`.
pub(crate) fn location(at: &Location) -> String {
    if at.line == 0 { at.path.clone() } else { format!("{}:{}", at.path, at.line) }
}

/// Kind and name of an object: `table public.orders`.
pub(crate) fn object_name(object: &ObjectRef) -> String {
    format!("{} {object}", object.kind.word().replace('-', " "))
}

fn object(object: &ObjectRef) -> Text {
    say!("{} {}", object.kind.word().replace('-', " "), code(object))
}

fn is_web(link: &Link) -> bool {
    link.url.starts_with("https://") || link.url.starts_with("http://")
}

fn evidence(evidence: &Evidence) -> EvidenceView {
    let is_size = evidence.fact.contains("bytes") || evidence.fact.contains("size") || evidence.source.contains("_size");
    let value = match &evidence.value {
        Value::Int(n) if is_size && n.unsigned_abs() >= 1024 => format!("{} bytes ({})", format::exact(*n), format::bytes(*n)),
        other => value(other),
    };
    EvidenceView { fact: evidence.fact.clone(), value, source: evidence.source.clone() }
}

fn value(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Int(n) => format::exact(*n),
        Value::Float(x) if x.fract() == 0.0 && x.abs() < 9e15 => format::exact(*x as i64),
        Value::Float(x) if x.abs() < 9e15 => {
            let (sign, text) = (if *x < 0.0 { "-" } else { "" }, format!("{:.4}", x.abs()));
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            let whole = whole.parse().map_or_else(|_| whole.to_owned(), format::exact);
            format!("{sign}{whole}.{}", fraction.trim_end_matches('0')).trim_end_matches('.').to_owned()
        }
        Value::Float(x) => format!("{x:e}"),
        Value::Text(text) => text.clone(),
    }
}

/// Statements as a script: each ended by a semicolon.
pub(crate) fn script(statements: &[String]) -> String {
    statements.iter().map(|s| format!("{};", s.trim_end().trim_end_matches(';'))).collect::<Vec<_>>().join("\n")
}

fn fix(fix: &Fix) -> FixView {
    let mut lines = effect(&fix.effect);
    if !fix.transactional && !fix.up.is_empty() {
        lines.push("Cannot run inside a transaction block.".into());
    }
    FixView { title: fix.title.clone(), up: script(&fix.up), down: script(&fix.down), effect: lines, caution: fix.caution.clone() }
}

/// What a lock keeps others from doing, in PostgreSQL's own conflict table.
pub(crate) fn blocks(mode: &str) -> &'static str {
    match mode {
        "AccessExclusiveLock" => "blocks reads and writes",
        "ExclusiveLock" | "ShareRowExclusiveLock" | "ShareLock" => "blocks writes, lets reads through",
        "ShareUpdateExclusiveLock" => "lets reads and writes through, blocks other schema changes and vacuum",
        _ => "lets reads and writes through",
    }
}

/// What a change does to the running system, one sentence each.
pub(crate) fn effect(effect: &Effect) -> Vec<Text> {
    let mut lines = Vec::new();
    let mut by_mode: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for lock in &effect.locks {
        by_mode.entry(&lock.mode).or_default().insert(&lock.relation);
    }
    for (mode, relations) in by_mode {
        lines.push(say!("Takes {} on {}: {}.", code(mode), codes(relations, 6), blocks(mode)));
    }
    if !effect.rewrites.is_empty() {
        lines.push(say!("Rewrites {}.", codes(&effect.rewrites, 6)));
    }
    if !effect.scans.is_empty() {
        lines.push(say!("Reads all of {}.", codes(&effect.scans, 6)));
    }
    match effect.bytes {
        Some(n) if n < 0 => lines.push(format!("Frees about {}.", format::bytes(-n)).into()),
        Some(n) if n > 0 => lines.push(format!("Needs about {} of disk.", format::bytes(n)).into()),
        _ => {}
    }
    lines
}

fn proof(proof: &Proof) -> ProofView {
    let by = code(&proof.by);
    let reason = proof.reason.as_deref().map_or_else(String::new, |r| format!(": {}", r.trim_end_matches('.')));
    let summary = match proof.verdict {
        Verdict::Proved => say!(
            "{} by {}{}",
            strong("Proved"),
            by,
            if reason.is_empty() { ": the fix was executed and the finding went away".to_owned() } else { reason }
        ),
        Verdict::Refuted => say!("{} by {}{}. The fix is withdrawn", strong("Refuted"), by, reason),
        Verdict::Unknown => say!("{} ({}){}", strong("Not proved"), by, reason),
    };
    let names: BTreeSet<&String> = proof.before.keys().chain(proof.after.keys()).collect();
    let shown = |map: &BTreeMap<String, Value>, name: &String| map.get(name).map_or_else(|| "–".to_owned(), value);
    let figures = names.into_iter().map(|name| (name.clone(), shown(&proof.before, name), shown(&proof.after, name))).collect();
    ProofView { verdict: proof.verdict, summary: summary.then("."), figures, transcript: proof.transcript.clone() }
}

/// `2 critical, 3 high, 1 low`, or nothing.
pub(crate) fn severity_counts(report: &crate::Report) -> String {
    let counted = Severity::ALL.iter().map(|s| (report.count(*s), s)).filter(|(n, _)| *n > 0);
    counted.map(|(n, s)| format!("{n} {}", s.word())).collect::<Vec<_>>().join(", ")
}

/// The word for a confidence.
pub(crate) fn confidence_word(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "certain",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
    }
}

/// The word for an effort.
pub(crate) fn effort_word(effort: Effort) -> &'static str {
    match effort {
        Effort::Small => "small",
        Effort::Medium => "medium",
        Effort::Large => "large",
    }
}

/// Place of a lock mode in PostgreSQL's order of strength, 1–8.
pub(crate) fn strength(mode: &str) -> u8 {
    const ORDER: [&str; 8] = [
        "AccessShareLock",
        "RowShareLock",
        "RowExclusiveLock",
        "ShareUpdateExclusiveLock",
        "ShareLock",
        "ShareRowExclusiveLock",
        "ExclusiveLock",
        "AccessExclusiveLock",
    ];
    ORDER.iter().position(|m| *m == mode).map_or(0, |at| at as u8 + 1)
}

/// A plan in a few words: its kinds of nodes from the top, tables and indexes with them.
pub(crate) fn plan_outline(plan: &architrave_model::plan::Plan) -> String {
    let scan = |n: &architrave_model::plan::PlanNode| match (&n.index, &n.relation) {
        (Some(index), _) => Some(format!("{} by {index}", n.kind)),
        (None, Some(relation)) => Some(format!("{} of {relation}", n.kind)),
        (None, None) if n.is_join() => Some(n.kind.clone()),
        (None, None) => None,
    };
    let parts: Vec<String> = plan.nodes().into_iter().filter_map(scan).collect();
    let shown = parts.iter().take(6).cloned().collect::<Vec<_>>().join(", ");
    if parts.len() > 6 { format!("{shown} and {} more", parts.len() - 6) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_exact_and_sizes_are_readable_too() {
        let shown = |fact: &str, v: Value| super::evidence(&Evidence { fact: fact.into(), value: v, source: String::new() }).value;
        assert_eq!(shown("rows in public.orders", Value::Int(4_812_000)), "4,812,000");
        assert_eq!(shown("bytes of public.orders", Value::Int(105_226_698_752)), "105,226,698,752 bytes (98 GiB)");
        assert_eq!(shown("cost", Value::Float(21_421.3)), "21,421.3");
        assert_eq!(shown("cost", Value::Float(20.0)), "20");
    }

    #[test]
    fn statements_end_in_one_semicolon() {
        assert_eq!(script(&["select 1".into(), "select 2;".into()]), "select 1;\nselect 2;");
    }
}
