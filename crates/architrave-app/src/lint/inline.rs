//! Exceptions that a migration grants itself: `-- architrave: allow index/blocks-writes small table, nobody waits`. The reason is mandatory.

use super::Judged;
use crate::error::AppError;
use architrave_model::Finding;
use architrave_model::project::Project;
use architrave_model::script::{Location, MARK};
use std::collections::BTreeMap;
use std::path::Path;

/// One line of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Exception {
    rule: String,
    reason: String,
    /// Line of the comment.
    line: u32,
    /// For the whole file: it stands before the first statement, with `allow-file`.
    whole_file: bool,
}

/// Takes out what the scripts allow; gives it with the reasons.
pub(super) fn settle(
    findings: &mut Vec<Finding>,
    all: &[Judged],
    project: &Project,
    root: &Path,
) -> Result<Vec<(Finding, String)>, AppError> {
    let mut by_file: BTreeMap<&str, Vec<Exception>> = BTreeMap::new();
    for script in all.iter().flat_map(|j| &j.migrations.scripts).filter(|s| !project.unmarked.contains(&s.path)) {
        // What was read a moment ago and cannot be read again has no exceptions.
        let bytes = std::fs::read(root.join(&script.path)).unwrap_or_default();
        let is_wide = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
        if !is_wide && !bytes.windows(MARK.len()).any(|w| w == MARK.as_bytes()) {
            continue;
        }
        let text = crate::decode(&bytes).unwrap_or_default();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| line.contains(MARK)) {
            let place = Location { path: script.path.clone(), line: u32::try_from(at + 1).unwrap_or(u32::MAX), column: 1 };
            let Some(comment) = line.find("--").or_else(|| line.find("/*")).map(|start| &line[start..]) else { continue };
            if let Some(exception) = parse(comment, &place)? {
                by_file.entry(&script.path).or_default().push(exception);
            }
        }
    }
    let starts = statement_lines(all);
    let mut allowed = Vec::new();
    let mut kept = Vec::new();
    for finding in std::mem::take(findings) {
        let reason = finding.location.as_ref().and_then(|place| {
            let exceptions = by_file.get(place.path.as_str())?;
            let found = exceptions.iter().find(|e| e.rule == finding.rule && (e.whole_file || covers(e.line, place, &starts)));
            found.map(|e| e.reason.clone())
        });
        match reason {
            Some(reason) => allowed.push((finding, reason)),
            None => kept.push(finding),
        }
    }
    *findings = kept;
    Ok(allowed)
}

/// First lines of all statements, by file.
fn statement_lines(all: &[Judged]) -> BTreeMap<&str, Vec<u32>> {
    let mut starts: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for script in all.iter().flat_map(|j| &j.migrations.scripts) {
        starts.entry(&script.path).or_default().extend(script.statements.iter().map(|s| s.line));
    }
    starts
}

/// A remark covers the statement that starts on its line or after it.
fn covers(remark: u32, place: &Location, starts: &BTreeMap<&str, Vec<u32>>) -> bool {
    let Some(lines) = starts.get(place.path.as_str()) else { return false };
    let next = lines.iter().copied().filter(|line| *line >= remark).min();
    let own = lines.iter().copied().filter(|line| *line <= place.line).max();
    own.is_some() && own == next
}

/// An exception; none for other comments.
fn parse(comment: &str, place: &Location) -> Result<Option<Exception>, AppError> {
    let text = comment.trim_start_matches(['-', '/', '*', ' ', '\t']).trim_end_matches(['*', '/', ' ', '\t', '\r']);
    let Some(rest) = text.strip_prefix(MARK) else { return Ok(None) };
    let mut words = rest.trim().splitn(3, char::is_whitespace);
    let (verb, rule, reason) =
        (words.next().unwrap_or_default(), words.next().unwrap_or_default(), words.next().unwrap_or_default().trim());
    let wrong =
        |why: &str| AppError::Target(format!("{}:{}: {why}; write `-- architrave: allow group/rule reason`", place.path, place.line));
    if verb != "allow" && verb != "allow-file" {
        return Err(wrong(&format!("`{MARK} {verb}` is nothing that is understood")));
    }
    if architrave_rules::registry::find(rule).is_none() {
        let nearest = architrave_rules::registry::nearest(rule).map_or_else(String::new, |n| format!(", did you mean {n}?"));
        return Err(wrong(&format!("there is no rule `{rule}`{nearest}")));
    }
    if reason.is_empty() {
        return Err(wrong(&format!("{rule} is allowed without a reason")));
    }
    Ok(Some(Exception { rule: rule.to_owned(), reason: reason.to_owned(), line: place.line, whole_file: verb == "allow-file" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Location {
        Location { path: "m/1.sql".into(), line: 3, column: 1 }
    }

    #[test]
    fn a_reason_is_mandatory_and_rules_are_known() {
        let fine = parse("-- architrave: allow migration/statement-fails fixed by hand in production", &place()).unwrap().unwrap();
        assert_eq!((fine.rule.as_str(), fine.reason.as_str()), ("migration/statement-fails", "fixed by hand in production"));
        assert!(parse("/* architrave: allow-file migration/statement-fails old */", &place()).unwrap().unwrap().whole_file);
        assert_eq!(parse("-- squawk-ignore ban-drop-column", &place()).unwrap(), None);
        let refused = |text: &str| parse(text, &place()).unwrap_err().to_string();
        assert!(
            refused("-- architrave: allow migration/statement-fails")
                .contains("m/1.sql:3: migration/statement-fails is allowed without a reason")
        );
        assert!(refused("-- architrave: allow migration/statement-fail x").contains("did you mean migration/statement-fails?"));
        assert!(refused("-- architrave: permit a/b c").contains("`architrave: permit`"));
    }

    #[test]
    fn a_remark_covers_what_follows_or_its_own_line() {
        let starts = BTreeMap::from([("m/1.sql", vec![2, 6, 9])]);
        let at = |line| Location { path: "m/1.sql".into(), line, column: 1 };
        assert!(covers(5, &at(6), &starts) && covers(5, &at(7), &starts), "what follows");
        assert!(!covers(5, &at(2), &starts) && !covers(5, &at(9), &starts), "nothing else");
        assert!(covers(6, &at(6), &starts), "its own line");
    }
}
