//! Findings, exceptions and gaps as blocks, for every document that has some.

use super::{listed, paragraph, value};
use crate::format;
use crate::report::Block;
use crate::text::{Text, code, prose, say, strong};
use architrave_model::ObjectKind;
use architrave_model::coverage::Gap;
use architrave_model::finding::{Evidence, Finding, Severity, Verdict};
use architrave_model::lint_report::AllowedFinding;
use architrave_model::migration::{SafeFile, SafeVersion};
use std::collections::BTreeMap;

/// Things named that were not looked at for one reason.
const ALIKE: usize = 3;
/// Findings shown on a terminal; a rule that has not spoken by then still shows its first.
const SHOWN: usize = 60;
/// Characters of a place in a heading on a terminal.
const HEADING: usize = 84;
/// Places named of a finding.
const PLACES: usize = 20;

/// How many findings there are, by severity.
pub(super) fn found(findings: &[Finding], hidden: u32) -> Block {
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.severity).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().rev().map(|(severity, n)| format!("{n} {}", severity.word())).collect();
    let hidden = match hidden {
        0 => String::new(),
        n => format!("; {n} known from the baseline are not shown"),
    };
    paragraph(if counts.is_empty() {
        say!("No findings{}.", hidden)
    } else {
        say!("{}: {}{}.", strong(format::plural(findings.len(), "finding", "findings")), counts.join(", "), hidden)
    })
}

/// All findings. On a terminal (`lines` is given) a rule is explained where it first speaks: its later findings are the statement, what is special
/// to it, and the steps of the safe version by their titles. What is at *low* or below is then its message alone.
pub(super) fn findings(all: &[Finding], lines: Option<usize>) -> Vec<Block> {
    let mut told: BTreeMap<&str, &str> = BTreeMap::new();
    let mut blocks = Vec::new();
    let mut last: Option<&SafeVersion> = None;
    let mut kept_back: BTreeMap<(std::cmp::Reverse<Severity>, &str), usize> = BTreeMap::new();
    for (at, f) in all.iter().enumerate() {
        if lines.is_some() && at >= SHOWN && told.contains_key(f.rule.as_str()) {
            *kept_back.entry((std::cmp::Reverse(f.severity), f.rule.as_str())).or_default() += 1;
            continue;
        }
        let is_same = lines.is_some() && f.safe.is_some() && f.safe.as_ref().map(|s| &s.files) == last.map(|s| &s.files);
        let again = Finding { safe: None, ..f.clone() };
        let shown = if is_same { &again } else { f };
        match told.get(f.rule.as_str()) {
            Some(why) if lines.is_some() => blocks.extend(another(shown, *why == f.why)),
            _ => blocks.extend(finding(shown, lines)),
        }
        if is_same && f.severity > Severity::Low {
            blocks.push(paragraph("The safe version is the one before."));
        }
        told.entry(&f.rule).or_insert(&f.why);
        last = f.safe.as_ref().or(last);
    }
    if !kept_back.is_empty() {
        let all: usize = kept_back.values().sum();
        let findings = format::plural(all, "more finding", "more findings");
        blocks.push(Block::Heading { text: format!("{findings}, whole with -o FILE.md or -o FILE.html").into(), anchor: None });
        let item =
            |((severity, rule), n): ((std::cmp::Reverse<Severity>, &str), usize)| say!("{} {}: {}", severity.0, code(rule), n.to_string());
        blocks.extend(listed(kept_back.into_iter().map(item).collect()));
    }
    blocks
}

/// One more finding of a rule that has been explained.
fn another(f: &Finding, is_same_reason: bool) -> Vec<Block> {
    let message = f.message.trim_end_matches('.');
    let is_minor = f.severity <= Severity::Low;
    let why = if is_same_reason || is_minor { String::new() } else { format!(" {}", f.why) };
    let mut blocks = vec![heading(f, true), paragraph(say!("{}.{} ({})", prose(message), prose(&why), code(&f.rule)))];
    if is_minor {
        return blocks;
    }
    blocks.extend(listed(f.evidence.iter().map(evidence).collect()));
    blocks.extend(places(f));
    match &f.safe {
        Some(safe) => blocks.push(paragraph(steps(safe))),
        None => blocks.extend(mend(f, "a private server")),
    }
    blocks
}

/// The places of a finding that has several, each once: what is special to it, and where it stands when that is elsewhere.
fn places(f: &Finding) -> Vec<Block> {
    let mut items: Vec<Text> = Vec::new();
    let own = f.location.as_ref();
    for place in &f.places {
        let here = place.location.as_ref().filter(|l| own.is_none_or(|own| (&own.path, own.line) != (&l.path, l.line)));
        let here = here
            .map(|l| if own.is_some_and(|own| own.path == l.path) { format!("line {}", l.line) } else { format!("{}:{}", l.path, l.line) });
        let item = match (&place.detail, here) {
            (Some(detail), Some(here)) => say!("{}: {}", code(here), prose(detail)),
            (Some(detail), None) => prose(detail),
            (None, Some(here)) if place.object.kind == ObjectKind::File => code(here),
            (None, _) => code(&place.object),
        };
        if !items.contains(&item) {
            items.push(item);
        }
    }
    let all = items.len();
    items.truncate(PLACES);
    if all > PLACES {
        items.push(format!("and {} more in the JSON form", all - PLACES).into());
    }
    listed(items)
}

/// A safe version by the titles of its files.
fn steps(safe: &SafeVersion) -> String {
    let told = match told(safe) {
        Ok(told) => told,
        Err(withdrawn) => return withdrawn,
    };
    let titles: Vec<&str> = safe.files.iter().map(|f| f.title.as_str()).collect();
    let files = format::plural(safe.files.len(), "file", "files");
    format!("The safe version in {files} ({told}): {}. -o FILE.md shows the statements, --write writes them.", titles.join("; "))
}

/// Severity and place. Where there is little room a long path keeps its end: the file and the line.
fn heading(f: &Finding, is_narrow: bool) -> Block {
    let place = f.location.as_ref().map_or_else(|| f.target.clone(), |l| format!("{}:{}", l.path, l.line));
    let all = place.chars().count();
    let place = if is_narrow && all > HEADING {
        let tail: String = place.chars().skip(all - HEADING).collect();
        let whole_names = tail.split_once('/').map_or(tail.as_str(), |(_, names)| names);
        format!("…/{whole_names}")
    } else {
        place
    };
    Block::Heading { text: say!("{} {}", f.severity, code(place)), anchor: None }
}

/// One finding with its evidence, its places and the safe version. With `lines`, no file is shown longer than that.
pub(super) fn finding(f: &Finding, lines: Option<usize>) -> Vec<Block> {
    let mut blocks = vec![heading(f, lines.is_some()), paragraph(say!("{}. {}", prose(f.message.trim_end_matches('.')), prose(&f.why)))];
    blocks.extend(listed(f.evidence.iter().map(evidence).collect()));
    blocks.extend(places(f));
    if let Some(safe) = &f.safe {
        blocks.extend(safe_version(safe, lines));
    } else {
        blocks.extend(mend(f, "a private server"));
    }
    blocks.push(paragraph(say!("More: {}", code(format!("architrave rules {}", f.rule)))));
    blocks
}

/// The fix and what became of it on a server of ours.
pub(super) fn mend(f: &Finding, server: &str) -> Vec<Block> {
    let told = f.proof.as_ref().map(|p| match (p.verdict, &p.reason) {
        (Verdict::Proved, _) => format!("tried on {server}: it helps"),
        (Verdict::Refuted, reason) => format!("tried on {server} and withdrawn: {}", reason.as_deref().unwrap_or("it does not help")),
        (Verdict::Unknown, reason) => format!("not proved: {}", reason.as_deref().unwrap_or("it could not be tried")),
    });
    let mut blocks = Vec::new();
    match (&f.fix, told) {
        (Some(fix), told) => {
            let told = told.map_or_else(String::new, |t| format!(" ({t})"));
            blocks.push(paragraph(say!("To mend it: {}{}.", prose(&fix.title), told)));
            blocks.push(Block::Sql { text: fix.up.iter().map(|s| format!("{s};")).collect::<Vec<_>>().join("\n") });
            blocks.extend(fix.caution.as_ref().map(|c| paragraph(say!("Before you do it: {}.", prose(c.trim_end_matches('.'))))));
        }
        // What proves the finding itself says nothing of a fix.
        (None, Some(_)) if f.proof.as_ref().is_some_and(|p| p.verdict == Verdict::Proved) => {}
        (None, Some(told)) => blocks.push(paragraph(say!("Its fix was {}.", told))),
        (None, None) => {}
    }
    blocks
}

fn evidence(e: &Evidence) -> Text {
    say!("{}: {} ({})", prose(&e.fact), value(&e.value), e.source.clone())
}

/// What became of a safe version; the error is the sentence that says why there is none after all.
fn told(safe: &SafeVersion) -> Result<String, String> {
    match safe.proof.as_ref().map(|p| (p.verdict, p.reason.as_deref())) {
        Some((Verdict::Refuted, reason)) => {
            Err(format!("A safe version was tried and is withdrawn: {}.", reason.unwrap_or("it is not better").trim_end_matches('.')))
        }
        Some((Verdict::Proved, _)) if safe.same_end => {
            Ok("executed: the same schema in the end, and nobody waits for work that grows with the data".to_owned())
        }
        Some((Verdict::Proved, _)) => Ok("executed: every file succeeds, and nobody waits for work that grows with the data".to_owned()),
        Some((Verdict::Unknown, reason)) => Ok(format!("not tried: {}", reason.unwrap_or("no reason given").trim_end_matches('.'))),
        None => Ok("not tried".to_owned()),
    }
}

/// The files of a safe version, or why there is none after all.
fn safe_version(safe: &SafeVersion, lines: Option<usize>) -> Vec<Block> {
    let told = match told(safe) {
        Ok(told) => told,
        Err(withdrawn) => return vec![paragraph(withdrawn)],
    };
    let files = format::plural(safe.files.len(), "file", "files");
    let mut blocks = vec![paragraph(say!("{} in {} ({}):", strong("The safe version"), files, told))];
    blocks.push(Block::Sql { text: files_text(safe, lines) });
    blocks.extend(safe.caution.as_ref().map(|c| paragraph(say!("Before you do it: {}.", prose(c.trim_end_matches('.'))))));
    blocks
}

/// The statements of a safe version, unless it was withdrawn.
pub(super) fn safe_sql(safe: &SafeVersion) -> Option<String> {
    let withdrawn = safe.proof.as_ref().is_some_and(|p| p.verdict == Verdict::Refuted);
    (!withdrawn).then(|| files_text(safe, None))
}

fn files_text(safe: &SafeVersion, lines: Option<usize>) -> String {
    safe.files.iter().enumerate().map(|(at, file)| shortened(&file_text(at + 1, file), lines)).collect::<Vec<_>>().join("\n\n")
}

fn shortened(text: &str, lines: Option<usize>) -> String {
    let all = text.lines().count();
    match lines {
        Some(most) if all > most + 1 => {
            let head: Vec<&str> = text.lines().take(most).collect();
            format!("{}\n-- … {} more lines: -o FILE.md shows them, --write writes them", head.join("\n"), all - most)
        }
        _ => text.to_owned(),
    }
}

fn file_text(number: usize, file: &SafeFile) -> String {
    let mut lines = vec![format!("-- {number}. {}{}", file.title, if file.transactional { "" } else { " (outside of a transaction)" })];
    lines.extend(file.gate.as_ref().map(|gate| format!("-- only after: {gate}")));
    if let (Some(ms), true) = (file.lock_timeout_ms, file.transactional) {
        lines.push(format!("set local lock_timeout = '{ms}ms'; -- try again when it is exceeded"));
    }
    lines.extend(file.statements.iter().map(|s| format!("{s};")));
    lines.join("\n")
}

pub(super) fn allowed(all: &[AllowedFinding]) -> Vec<Block> {
    let item = |a: &AllowedFinding| {
        let place = a.location.as_ref().map_or_else(String::new, |l| format!("{}:{} ", l.path, l.line));
        say!("{}{}: {} ({})", place, code(&a.rule), prose(&a.message), prose(&a.reason))
    };
    listed(all.iter().map(item).collect())
}

/// What was not looked at; many things that were not for one reason are one line.
pub(super) fn gaps(all: &[Gap]) -> Vec<Block> {
    let mut by_reason: BTreeMap<(&str, Option<&str>), Vec<String>> = BTreeMap::new();
    for gap in all {
        by_reason.entry((&gap.why, gap.remedy.as_deref())).or_default().push(gap.named(ALIKE));
    }
    let item = |((why, remedy), what): ((&str, Option<&str>), Vec<String>)| {
        let named = what.iter().take(ALIKE).cloned().collect::<Vec<_>>().join(", ");
        let more = if what.len() > ALIKE { format!(" and {} more", what.len() - ALIKE) } else { String::new() };
        say!("{}{}: {}{}", prose(&named), more, prose(why), remedy.map_or_else(String::new, |r| format!("; {r}")))
    };
    listed(by_reason.into_iter().map(item).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::{Document, DocumentSection};
    use crate::renderers::text::Style;
    use architrave_model::finding::{Confidence, Effort};
    use architrave_model::script::Location;
    use architrave_model::{ObjectRef, QualifiedName};

    fn one(rule: &str, line: u32) -> Finding {
        Finding {
            rule: rule.to_owned(),
            fingerprint: line.to_string(),
            severity: Severity::Medium,
            confidence: Confidence::Certain,
            engine: "architrave".to_owned(),
            target: String::new(),
            object: ObjectRef::table(&QualifiedName::new("public", "t")),
            places: Vec::new(),
            location: Some(Location { path: format!("{}/0001_first.sql", "a/long/folder".repeat(9)), line, column: 1 }),
            message: format!("statement {line} makes others wait"),
            why: "Because of its lock.".to_owned(),
            evidence: Vec::new(),
            fix: None,
            safe: None,
            proof: None,
            effort: Effort::Small,
            references: Vec::new(),
        }
    }

    fn text(all: &[Finding], lines: Option<usize>) -> String {
        let section = DocumentSection { title: String::new(), blocks: findings(all, lines) };
        Document { title: "Migrations".into(), subject: "x".into(), sections: vec![section] }.text(Style { color: false, width: 100 })
    }

    #[test]
    fn a_terminal_gets_the_reason_once_and_a_count_of_what_is_left() {
        let mut all: Vec<Finding> = (1..=70).map(|line| one("migration/a", line)).collect();
        all.push(one("migration/b", 71));
        let shown = text(&all, Some(14));
        assert_eq!(shown.matches("Because of its lock.").count(), 2, "once for each rule");
        assert!(shown.contains("statement 60 makes") && !shown.contains("statement 61 makes") && shown.contains("statement 71 makes"));
        assert!(shown.contains("10 more findings") && shown.contains("medium migration/a: 10"), "{shown}");
        assert!(shown.contains("/0001_first.sql:60"), "a long path keeps the file and the line");
        assert_eq!(text(&all, None).matches("Because of its lock.").count(), 71, "files have all");
    }
}
