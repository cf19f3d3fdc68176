//! `migration/statement-fails`: see `statement_fails.md` for the rule's page.

use crate::figures::counted;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::review::{FailedStatement, Replay};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/statement-fails",
    summary: "script with a statement that PostgreSQL refuses when all scripts are applied from empty",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("statement_fails.md"),
    check: Check::Replay(check),
};

/// How a reading without execution counts what it could not follow, in [`Replay::skipped`].
const NOT_UNDERSTOOD: &str = "not understood";

/// The role of the replay is no superuser, the project's own may be one.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

fn check(replay: &Replay, _context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_script: BTreeMap<&str, Vec<&FailedStatement>> = BTreeMap::new();
    for failure in &replay.failed {
        by_script.entry(&failure.location.path).or_default().push(failure);
    }
    for (path, failures) in by_script {
        if let Some(first) = failures.first() {
            sink.report(draft(replay, path, first, &failures));
        }
    }
}

fn draft(replay: &Replay, path: &str, first: &FailedStatement, failures: &[&FailedStatement]) -> Draft {
    let n = counted(failures.len(), "statement", "statements");
    let fail = if failures.len() == 1 { "fails" } else { "fail, the first" };
    let message = format!("{n} of {path} {fail} with {} ({})", first.message, first.sqlstate);
    let why = format!(
        "Applied from empty in their own order on PostgreSQL {}, the scripts stop at line {}: a new environment, a test database or a rebuild after a disaster would stop \
         there too{}.",
        if replay.server_version.is_empty() { "(read as text only)" } else { &replay.server_version },
        first.location.line,
        if failures.len() > 1 { "; later failures may only follow from the first" } else { "" }
    );
    let stand_ins = !replay.stubbed_extensions.is_empty() && may_come_from_a_stand_in(&first.sqlstate);
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::File, path), message, why).at(first.location.clone());
    draft = draft.evidence("SQLSTATE", first.sqlstate.clone(), "private PostgreSQL").evidence("statement", first.statement.clone(), path);
    if stand_ins {
        draft = draft.severity(Severity::Low).confidence(Confidence::Possible).evidence(
            "extensions that were only stood in for",
            replay.stubbed_extensions.join(", "),
            "private PostgreSQL",
        );
    }
    let not_understood: u32 = replay.skipped.iter().filter(|(why, _)| why.starts_with(NOT_UNDERSTOOD)).map(|(_, n)| n).sum();
    if !replay.executed && not_understood > 0 && may_come_from_a_stand_in(&first.sqlstate) {
        draft = draft.severity(Severity::Low).confidence(Confidence::Possible).evidence(
            "statements not understood without execution, which may have made it",
            i64::from(not_understood),
            "text of the scripts",
        );
    }
    if replay.executed && first.sqlstate == INSUFFICIENT_PRIVILEGE {
        draft = draft.severity(Severity::Low).confidence(Confidence::Possible).evidence(
            "role that applied the scripts",
            "no superuser: one may be allowed what was refused here",
            "private PostgreSQL",
        );
    }
    if failures.len() > 1 {
        for failure in failures {
            let object = ObjectRef::global(ObjectKind::Statement, format!("{path}:{}", failure.location.line));
            draft = draft.place_at(object, failure.location.clone(), Some(format!("{} ({})", failure.message, failure.sqlstate)));
        }
    }
    draft
}

/// Something is undefined: with a stand-in in place of an extension it may be the extension's.
fn may_come_from_a_stand_in(sqlstate: &str) -> bool {
    matches!(sqlstate, "42883" | "42704" | "42P01" | "3F000" | "42703" | "22023" | "42601")
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::script::Location;

    fn severity(executed: bool, skipped: &[(&str, u32)], sqlstate: &str) -> Severity {
        let failure = FailedStatement {
            location: Location { path: "1.sql".into(), line: 3, column: 1 },
            sqlstate: sqlstate.into(),
            message: "type \"a\" does not exist".into(),
            statement: "alter type a".into(),
        };
        let replay = Replay { executed, skipped: skipped.iter().map(|(why, n)| ((*why).to_owned(), *n)).collect(), ..Replay::default() };
        let mut sink = Sink::new(&RULE);
        sink.report(draft(&replay, "1.sql", &failure, &[&failure]));
        sink.into_findings()[0].severity
    }

    #[test]
    fn what_reading_alone_did_not_follow_may_have_made_what_is_missing() {
        let unread = [("not understood without execution", 2)];
        assert_eq!(severity(false, &unread, "42704"), Severity::Low);
        assert_eq!(severity(false, &unread, "42P07"), Severity::High);
        assert_eq!(severity(false, &[], "42704"), Severity::High);
        assert_eq!(severity(true, &unread, "42704"), Severity::High);
    }

    #[test]
    fn a_missing_privilege_may_be_the_replays_alone() {
        assert_eq!(severity(true, &[], "42501"), Severity::Low);
    }
}
