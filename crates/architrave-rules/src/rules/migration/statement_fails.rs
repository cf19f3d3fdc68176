//! `migration/statement-fails`: see `statement_fails.md` for the rule's page.

use crate::figures::counted;
use architrave_model::finding::{Confidence, Effort, Severity, Value};
use architrave_model::platform::is_history_table;
use architrave_model::review::{FailedStatement, Replay};
use architrave_model::rule::{Area, Draft};
use architrave_model::sqlstate::is_undefined_name;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

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

/// How an execution counts statements that it cannot run and that may make anything, in [`Replay::skipped`].
const NOT_RUN: &[&str] = &["templates", "psql commands"];

/// The role of the replay is no superuser, the project's own may be one.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// RAISE in a block of code.
const RAISED: &str = "P0001";

fn check(replay: &Replay, _context: &Context<'_>, sink: &mut Sink<'_>) {
    for failures in by_cause(replay) {
        sink.report(draft(replay, &failures));
    }
}

/// Failures by their cause: those of one script together, and with them what fails later because of them: what misses a name or a row that an
/// earlier script, stopped by its failure, would have made. In scripts that no tool vouches for, everything that misses something is one cause.
fn by_cause(replay: &Replay) -> Vec<Vec<&FailedStatement>> {
    let mut causes: Vec<Vec<&FailedStatement>> = Vec::new();
    let mut of_script: BTreeMap<&str, usize> = BTreeMap::new();
    // What a failed statement would have made, and what some statement has missed: by name.
    let mut of_name: BTreeMap<String, usize> = BTreeMap::new();
    let mut without_base = None;
    for failure in &replay.failed {
        let missing = missing_name(failure);
        let of_missing = missing.as_ref().and_then(|name| of_name.get(name).copied());
        // The runner stops at the first failure and takes its script back: nobody knows that what is missing later would be missing without it.
        let follows = (missing.is_some() || depends_on_what_is_there(failure)).then(|| of_script.values().copied().min()).flatten();
        // Code of the scripts that looks whether they have worked raises for the same reason.
        let base = if replay.loose && (missing.is_some() || failure.sqlstate == RAISED) { without_base } else { None };
        let of_missing = of_missing.or(base);
        let cause = of_missing.or_else(|| of_script.get(failure.location.path.as_str()).copied()).or(follows).unwrap_or(causes.len());
        if cause == causes.len() {
            causes.push(Vec::new());
        }
        of_script.entry(&failure.location.path).or_insert(cause);
        if replay.loose && missing.is_some() {
            without_base.get_or_insert(cause);
        }
        for name in missing.into_iter().chain(made_name(&failure.statement)) {
            of_name.entry(name).or_insert(cause);
        }
        causes[cause].push(failure);
    }
    causes
}

/// Rows, the shape of a table, or what depends on an object are not as the statement takes them to be: columns of another type in another order, rows
/// that are missing or too many, objects that were not dropped before.
fn depends_on_what_is_there(failure: &FailedStatement) -> bool {
    failure.sqlstate.starts_with("23") || matches!(failure.sqlstate.as_str(), "P0002" | "42804" | "2BP01" | "42P16")
}

/// What the statement asks for and nothing has made: the last part of its name, in lower case.
fn missing_name(failure: &FailedStatement) -> Option<String> {
    if !is_undefined_name(&failure.sqlstate) {
        return None;
    }
    let before = failure.message.split(" does not exist").next().unwrap_or_default();
    // `relation "a.b"`, `type vector`, `function f(integer)`, `column u.x`, `column "x" of relation "y"`.
    let quoted = before.split('"').nth(1);
    let word = quoted.or_else(|| before.split('(').next()?.split_whitespace().last())?;
    Some(last_part(word))
}

/// What the statement would have made, where its first words say so.
fn made_name(statement: &str) -> Option<String> {
    const PASSED_OVER: &[&str] = &["or", "replace", "temp", "temporary", "unlogged", "materialized", "if", "not", "exists", "recursive"];
    const MADE: &[&str] = &["table", "view", "type", "function", "procedure", "schema", "sequence", "domain"];
    let lower = statement.to_lowercase();
    let mut words = lower.split(|c: char| c.is_whitespace() || c == '(').filter(|w| !w.is_empty()).skip_while(|w| *w != "create").skip(1);
    let kind = words.find(|w| !PASSED_OVER.contains(w)).filter(|w| MADE.contains(w))?;
    let name = words.find(|w| !PASSED_OVER.contains(w))?;
    (!kind.is_empty()).then(|| last_part(name))
}

fn last_part(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).trim_matches(|c: char| matches!(c, '"' | ';' | ',')).to_lowercase()
}

fn draft(replay: &Replay, failures: &[&FailedStatement]) -> Draft {
    let first = failures[0];
    let path = first.location.path.as_str();
    let scripts: BTreeSet<&str> = failures.iter().map(|f| f.location.path.as_str()).collect();
    let here = failures.iter().filter(|f| f.location.path == path).count();
    let (n, others) = (counted(here, "statement", "statements"), failures.len() - here);
    let fail = if failures.len() == 1 { "fails" } else { "fail, the first" };
    let and = match others {
        0 => String::new(),
        _ => format!(
            ", and {} of {},",
            counted(others, "statement", "statements"),
            counted(scripts.len() - 1, "other script", "other scripts")
        ),
    };
    let message = format!("{n} of {path}{and} {fail} with {} ({})", first.message, first.sqlstate);
    let why = format!(
        "Applied from empty in their own order on PostgreSQL {}, the scripts stop at line {}: a new environment, a test database or a rebuild after a disaster would stop \
         there too{}.",
        if replay.server_version.is_empty() { "(read as text only)" } else { &replay.server_version },
        first.location.line,
        if failures.len() > 1 { "; later failures may only follow from the first" } else { "" }
    );
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::File, path), message, why).at(first.location.clone());
    draft = draft.evidence("SQLSTATE", first.sqlstate.clone(), "private PostgreSQL").evidence("statement", first.statement.clone(), path);
    draft = excused(replay, first, draft);
    if failures.len() > 1 {
        for failure in failures {
            let object = ObjectRef::global(ObjectKind::Statement, format!("{}:{}", failure.location.path, failure.location.line));
            draft = draft.place_at(object, failure.location.clone(), Some(format!("{} ({})", failure.message, failure.sqlstate)));
        }
    }
    draft
}

/// *Low* and *possible* where something that was not run, or is not in the project, may have made what is missing.
fn excused(replay: &Replay, first: &FailedStatement, draft: Draft) -> Draft {
    let undefined = may_come_from_a_stand_in(&first.sqlstate);
    let not_understood: u32 = replay.skipped.iter().filter(|(why, _)| why.starts_with(NOT_UNDERSTOOD)).map(|(_, n)| n).sum();
    let mut excuses: Vec<(&str, Value, &str)> = Vec::new();
    if undefined && !replay.stubbed_extensions.is_empty() {
        excuses.push(("extensions that were only stood in for", replay.stubbed_extensions.join(", ").into(), "private PostgreSQL"));
    }
    if undefined && !replay.executed && not_understood > 0 {
        let fact = "statements not understood without execution, which may have made it";
        excuses.push((fact, i64::from(not_understood).into(), "text of the scripts"));
    }
    if replay.executed && first.sqlstate == INSUFFICIENT_PRIVILEGE {
        excuses.push((
            "role that applied the scripts",
            "no superuser: one may be allowed what was refused here".into(),
            "private PostgreSQL",
        ));
    }
    if is_undefined_name(&first.sqlstate) && replay.programs > 0 {
        let fact = "migrations that are programs and were not run, which may have made it";
        excuses.push((fact, i64::from(replay.programs).into(), "the project's files"));
    }
    if is_undefined_name(&first.sqlstate) && replay.loose {
        let value = "numbered files: they may continue a database that something else makes";
        excuses.push(("what says that the scripts start from empty", value.into(), "the project's files"));
    }
    if is_undefined_name(&first.sqlstate)
        && let Some((why, n)) = replay.skipped.iter().find(|(why, _)| NOT_RUN.iter().any(|kind| why.starts_with(kind)))
    {
        excuses.push(("statements that were not run, which may have made it", format!("{n}: {why}").into(), "the project's files"));
    }
    if let Some(name) = missing_name(first).filter(|name| is_history_table(name)) {
        excuses.push((
            "table of the migration runner",
            format!("{name}: the runner makes it before the first script").into(),
            "the statement",
        ));
    }
    if let Some(name) = missing_name(first).filter(|name| replay.made_elsewhere.contains(name)) {
        let value = format!("{name}: another folder makes it, or these scripts in another schema");
        excuses.push(("made elsewhere in the project", value.into(), "the project's files"));
    }
    if let Some(schema) = expected_schema(replay, first) {
        let value = format!("{schema}: the project's configuration may put it on the search path");
        excuses.push(("schema that no script makes", value.into(), "the project's files"));
    }
    if excuses.is_empty() {
        return draft;
    }
    let draft = draft.severity(Severity::Low).confidence(Confidence::Possible);
    excuses.into_iter().fold(draft, |draft, (fact, value, source)| draft.evidence(fact, value, source))
}

/// The schema of what is missing, where the scripts expect it and the replay had to make it: what they make without a schema may belong there.
fn expected_schema<'a>(replay: &'a Replay, first: &FailedStatement) -> Option<&'a str> {
    let expected = |why: &'a str| why.strip_prefix("schema ")?.split_once(" is expected to exist").map(|(name, _)| name);
    let is_its = |name: &&str| first.message.contains(&format!("{name}."));
    replay.skipped.iter().filter_map(|(why, _)| expected(why)).find(is_its).filter(|_| is_undefined_name(&first.sqlstate))
}

/// Something is undefined: with a stand-in in place of an extension it may be the extension's.
fn may_come_from_a_stand_in(sqlstate: &str) -> bool {
    is_undefined_name(sqlstate) || matches!(sqlstate, "22023" | "42601" | RAISED)
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
        sink.report(draft(&replay, &[&failure]));
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

    fn failed(path: &str, sqlstate: &str, message: &str, statement: &str) -> FailedStatement {
        let location = Location { path: path.into(), line: 1, column: 1 };
        FailedStatement { location, sqlstate: sqlstate.into(), message: message.into(), statement: statement.into() }
    }

    fn messages(replay: &Replay) -> Vec<(String, Severity)> {
        let mut sink = Sink::new(&RULE);
        for failures in by_cause(replay) {
            sink.report(draft(replay, &failures));
        }
        sink.into_findings().into_iter().map(|f| (f.message, f.severity)).collect()
    }

    fn chain() -> Vec<FailedStatement> {
        vec![
            failed("2.sql", "42P01", "relation \"users\" does not exist", "CREATE TABLE IF NOT EXISTS public.\"Carts\" ("),
            failed("3.sql", "42P01", "relation \"public.Carts\" does not exist", "alter table public.\"Carts\" add x int"),
            failed("4.sql", "42P07", "relation \"a\" already exists", "create table a (b int)"),
            failed("5.sql", "42704", "type vector does not exist", "create function near(q vector) returns int"),
            failed("6.sql", "42883", "function near(text) does not exist", "select near('x')"),
            failed("6.sql", "P0001", "not all is there", "do $$ begin raise exception 'not all is there'; end $$"),
        ]
    }

    #[test]
    fn what_fails_because_of_a_failure_is_its_cause() {
        let found = messages(&Replay { executed: true, failed: chain(), ..Replay::default() });
        let texts: Vec<&str> = found.iter().map(|(m, _)| m.as_str()).collect();
        assert_eq!(
            texts,
            [
                "1 statement of 2.sql, and 4 statements of 3 other scripts, fail, the first with relation \"users\" does not exist (42P01)",
                "1 statement of 4.sql fails with relation \"a\" already exists (42P07)",
            ]
        );
        assert!(found.iter().all(|(_, s)| *s == Severity::High));
    }

    #[test]
    fn numbered_files_may_continue_a_database_that_they_do_not_make() {
        let found = messages(&Replay { executed: true, loose: true, failed: chain(), ..Replay::default() });
        let severities: Vec<Severity> = found.iter().map(|(_, s)| *s).collect();
        assert_eq!(severities, [Severity::Low, Severity::High]);
        assert!(found[0].0.starts_with("1 statement of 2.sql, and 4 statements of 3 other scripts, fail"), "{found:?}");
    }

    #[test]
    fn what_misses_a_schema_that_the_configuration_gives_is_low() {
        let failure = failed("2.sql", "42P01", "relation \"shop.orders\" does not exist", "insert into shop.orders values (1)");
        let skipped = vec![("schema shop is expected to exist and no script makes it; an empty one was made".to_owned(), 1)];
        let found = messages(&Replay { executed: true, failed: vec![failure], skipped, ..Replay::default() });
        assert_eq!(found[0].1, Severity::Low);
    }

    #[test]
    fn code_that_asks_for_an_extension_meets_its_stand_in() {
        let failure = failed("2.sql", "P0001", "unsupported version", "do $$ begin raise exception 'unsupported version'; end $$");
        let stubbed_extensions = vec!["pg_partman".to_owned()];
        let found = messages(&Replay { executed: true, failed: vec![failure], stubbed_extensions, ..Replay::default() });
        assert_eq!(found[0].1, Severity::Low);
    }

    #[test]
    fn the_runners_own_table_is_the_runners() {
        let failure = failed("2.sql", "42P01", "relation \"flyway_schema_history\" does not exist", "delete from flyway_schema_history");
        let found = messages(&Replay { executed: true, failed: vec![failure], ..Replay::default() });
        assert_eq!(found[0].1, Severity::Low);
    }

    #[test]
    fn a_template_may_have_made_what_is_missing() {
        let failure = failed("2.sql", "42P01", "relation \"orders\" does not exist", "alter table orders add n int");
        let skipped = vec![("templates whose values the project does not tell".to_owned(), 3)];
        let found = messages(&Replay { executed: true, failed: vec![failure], skipped, ..Replay::default() });
        assert_eq!(found[0].1, Severity::Low);
    }

    #[test]
    fn what_the_project_makes_elsewhere_is_low() {
        let failure = failed("2.sql", "42P01", "relation \"shop.orders\" does not exist", "alter table shop.orders add n int");
        let found = messages(&Replay { executed: true, failed: vec![failure], made_elsewhere: vec!["orders".into()], ..Replay::default() });
        assert_eq!(found[0].1, Severity::Low);
    }

    #[test]
    fn a_program_among_the_migrations_may_have_made_what_is_missing() {
        let found = messages(&Replay { executed: true, programs: 1, failed: chain(), ..Replay::default() });
        let severities: Vec<Severity> = found.iter().map(|(_, s)| *s).collect();
        assert_eq!(severities, [Severity::Low, Severity::High]);
    }
}
