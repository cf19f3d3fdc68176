//! The document of judged migrations: what is wrong, the safe version, and what every statement did.

use super::findings::{allowed, findings, found, gaps};
use super::{Document, DocumentSection, listed, paragraph};
use crate::format;
use crate::report::Block;
use crate::text::{Text, code, prose, say, strong};
use architrave_model::lint_report::{LintReport, LintedDatabase, LintedScript, LintedStatement, Weight};
use architrave_model::migration::{DownOutcome, Effect, Estimate, LockMode, Outcome, SizeSource};
use std::collections::BTreeMap;

/// Lines of a list.
const ROWS: usize = 40;
/// Relations named in a line.
const NAMED: usize = 4;

/// The document.
///
/// With `lines`, no file of a safe version is shown longer than that: a back-fill fills a terminal.
pub fn lint(report: &LintReport, lines: Option<usize>) -> Document {
    let mut sections = vec![DocumentSection { title: String::new(), blocks: summary(report) }];
    let mut section = |title: &str, blocks: Vec<Block>| {
        if !blocks.is_empty() {
            sections.push(DocumentSection { title: title.to_owned(), blocks });
        }
    };
    section("Findings", findings(&report.findings, lines));
    for database in &report.databases {
        let of = if report.databases.len() > 1 { format!(" ({})", database.name) } else { String::new() };
        section(&format!("What the statements do{of}"), statements(database));
        section(&format!("The way back{of}"), downs(database));
        section(&format!("Queries that stop working{of}"), queries(database));
        section(&format!("What the rows must fulfil{of}"), preconditions(database));
        section(&format!("What a failure leaves behind{of}"), half_applied(database));
        if !report.findings.iter().any(|f| f.rule == "migration/history-broken" && f.target == database.name) {
            section(&format!("The files as a history{of}"), history(database));
        }
    }
    section("Allowed", allowed(&report.allowed));
    section("What was not looked at", gaps(&report.gaps));
    Document { title: "Migrations".to_owned(), subject: report.subject.clone(), sections }
}

fn summary(report: &LintReport) -> Vec<Block> {
    let mut blocks: Vec<Block> = report.databases.iter().map(|d| paragraph(of_database(d))).collect();
    blocks.push(found(&report.findings, report.hidden_by_baseline));
    blocks
}

pub(super) fn of_database(database: &LintedDatabase) -> Text {
    let statements: Vec<&LintedStatement> = database.scripts.iter().flat_map(|s| &s.statements).collect();
    let how = if database.executed { "executed on" } else { "read, not executed, for" };
    let count = |weight: Weight| statements.iter().filter(|s| s.weight == weight).count();
    let earlier = match database.earlier {
        0 => String::new(),
        n => format!(", on top of {}", format::plural(n as usize, "script that was there before", "scripts that were there before")),
    };
    let mut parts: Vec<String> = Vec::new();
    for (weight, words) in [
        (Weight::Fails, "failing"),
        (Weight::Heavy, "heavy (others wait for work that grows with the data)"),
        (Weight::Brief, "brief (others wait for a moment)"),
        (Weight::Background, "in the background (nobody waits)"),
        (Weight::Unknown, "not judged"),
    ] {
        let n = count(weight);
        if n > 0 {
            parts.push(format!("{n} {words}"));
        }
    }
    let effect = if parts.is_empty() { "nobody has to wait for any of them".to_owned() } else { parts.join(", ") };
    say!(
        "{} ({}): {} with {}{}, {} PostgreSQL {}: {}.",
        strong(&database.name),
        database.format.clone(),
        format::plural(database.scripts.len(), "script", "scripts"),
        format::plural(statements.len(), "statement", "statements"),
        earlier,
        how,
        database.server_version.clone(),
        effect
    )
}

fn statements(database: &LintedDatabase) -> Vec<Block> {
    let shown: Vec<(&LintedScript, &LintedStatement)> = database
        .scripts
        .iter()
        .flat_map(|script| script.statements.iter().map(move |s| (script, s)))
        .filter(|(_, s)| s.weight != Weight::None)
        .collect();
    if shown.is_empty() {
        return Vec::new();
    }
    let all = shown.len();
    let mut heavy_first: Vec<_> = shown.iter().enumerate().collect();
    heavy_first.sort_by_key(|(at, (_, s))| (std::cmp::Reverse(order(s.weight)), *at));
    let mut items: Vec<Text> = heavy_first.iter().take(ROWS).map(|(_, (script, s))| item(script, s)).collect();
    if all > ROWS {
        items.push(format!("and {} more in the JSON form", all - ROWS).into());
    }
    listed(items)
}

fn order(weight: Weight) -> u8 {
    match weight {
        Weight::Fails => 5,
        Weight::Heavy => 4,
        Weight::Unknown => 3,
        Weight::Background => 2,
        Weight::Brief => 1,
        Weight::None => 0,
    }
}

fn item(script: &LintedScript, s: &LintedStatement) -> Text {
    let effects = [locks(&s.effect), work(s), waits(&s.effect), s.estimate.as_ref().map(takes).unwrap_or_default()];
    let effects: Vec<String> = effects.into_iter().filter(|e| !e.is_empty()).collect();
    say!(
        "{} {}: {}. {}",
        strong(s.weight.word()),
        code(format!("{}:{}", script.path, s.line)),
        code(format::cut(&s.statement, 100)),
        prose(&effects.join("; "))
    )
}

/// Locks that make somebody wait, on what was there before. Those that earlier statements of the transaction hold already are theirs.
fn locks(effect: &Effect) -> String {
    let strong: Vec<String> = effect
        .locks
        .iter()
        .filter(|l| l.existed && !l.held_before && l.mode >= LockMode::ShareUpdateExclusive)
        .map(|l| format!("{} on {}", l.mode.sql(), l.relation))
        .collect();
    names(&strong)
}

fn work(s: &LintedStatement) -> String {
    match &s.outcome {
        Outcome::Failed { sqlstate, message } => return format!("fails with {sqlstate}: {message}"),
        Outcome::TimedOut { seconds } => {
            return format!("does not end within {}", format::plural(usize::try_from(*seconds).unwrap_or(usize::MAX), "second", "seconds"));
        }
        Outcome::Skipped { reason } => return format!("not executed: {reason}"),
        Outcome::Done | Outcome::NotExecuted => {}
    }
    let effect = &s.effect;
    let rewritten = effect.rewrites.iter().filter(|r| r.existed).map(|r| match &r.index_of {
        Some(table) => format!("rebuilds {} of {table}", r.relation),
        None => format!("rewrites {}", r.relation),
    });
    let scanned = effect.scans.iter().filter(|s| s.existed).map(|s| format!("reads all of {}", s.relation));
    let mut all: Vec<String> = rewritten.chain(scanned).collect();
    if effect.waits_for_older {
        all.push("waits for every older transaction".to_owned());
    }
    names(&all)
}

fn waits(effect: &Effect) -> String {
    let all: Vec<String> = effect
        .blocks
        .iter()
        .filter(|b| (b.reads || b.writes) && (effect.is_heavy() || !effect.is_held(&b.relation)))
        .map(|b| match (b.reads, b.writes) {
            (true, _) => format!("readers and writers of {}", b.relation),
            _ => format!("writers of {}", b.relation),
        })
        .collect();
    if all.is_empty() { String::new() } else { format!("{} wait", names(&all)) }
}

fn names(all: &[String]) -> String {
    let shown: Vec<&str> = all.iter().take(NAMED).map(String::as_str).collect();
    let more = if all.len() > NAMED { format!(" and {} more", all.len() - NAMED) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn takes(e: &Estimate) -> String {
    let source = |s: SizeSource| s.word();
    let basis = if e.sizes == e.throughput {
        source(e.sizes).to_owned()
    } else {
        format!("sizes {}, speed {}", source(e.sizes), source(e.throughput))
    };
    let disk = if e.disk_bytes > 0 { format!(", {} of disk", format::bytes(e.disk_bytes)) } else { String::new() };
    let wal = if e.wal_bytes > 0 { format!(", {} of WAL", format::bytes(e.wal_bytes)) } else { String::new() };
    format!("{}–{}{disk}{wal} ({basis})", format::seconds_text(e.seconds_low), format::seconds_text(e.seconds_high))
}

fn downs(database: &LintedDatabase) -> Vec<Block> {
    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    let mut items: Vec<Text> = Vec::new();
    for script in &database.scripts {
        let Some(down) = &script.down else { continue };
        let (word, detail) = match down {
            DownOutcome::Restored => ("restored", None),
            DownOutcome::OtherColumnOrder => ("restored, but for the order of columns", None),
            DownOutcome::None => ("without a way back", None),
            DownOutcome::Differs { differences } => ("different afterwards", Some(differences.join("; "))),
            DownOutcome::Failed { sqlstate, message } => ("failing", Some(format!("the way back fails with {sqlstate}: {message}"))),
            DownOutcome::UpAgain { what } => ("not repeatable", Some(what.clone())),
            DownOutcome::NotTried { reason } => ("not tried", Some(reason.clone())),
        };
        *tally.entry(word).or_default() += 1;
        if let Some(detail) = detail {
            items.push(say!("{}: {}", code(&script.path), format::cut(&detail, 160)));
        } else if !script.lost.is_empty() {
            items.push(say!("{}: the data of {} does not come back", code(&script.path), script.lost.join(", ")));
        }
    }
    if tally.is_empty() {
        return Vec::new();
    }
    let words: Vec<String> = tally.iter().map(|(word, n)| format!("{n} {word}")).collect();
    let mut blocks = vec![paragraph(format!("Up, down and up again: {}.", words.join(", ")))];
    let all = items.len();
    items.truncate(ROWS);
    if all > ROWS {
        items.push(format!("and {} more in the JSON form", all - ROWS).into());
    }
    blocks.extend(listed(items));
    blocks
}

fn step_place(database: &LintedDatabase, step: usize) -> String {
    let mut before = 0;
    for script in &database.scripts {
        if let Some(statement) = script.statements.get(step - before) {
            return format!("{}:{}", script.path, statement.line);
        }
        before += script.statements.len();
    }
    String::new()
}

fn queries(database: &LintedDatabase) -> Vec<Block> {
    let item = |q: &architrave_model::migration::BrokenQuery| {
        let place = q.location.as_ref().map_or_else(|| "of the workload".to_owned(), |l| format!("{}:{}", l.path, l.line));
        let who = if q.prepared_only { ", in sessions that had prepared it" } else { "" };
        let healed = q.healed_by.map_or_else(String::new, |s| format!("; it works again after {}", step_place(database, s)));
        say!(
            "after {}: {} ({}) fails with {}{}{}",
            code(step_place(database, q.step)),
            code(format::cut(&q.query, 120)),
            place,
            q.message.clone(),
            who,
            healed
        )
    };
    listed(database.broken_queries.iter().map(item).collect())
}

fn preconditions(database: &LintedDatabase) -> Vec<Block> {
    let mut blocks = Vec::new();
    for p in &database.preconditions {
        let state = match (p.offenders, &p.not_asked) {
            (Some(0), _) => "no row is in the way".to_owned(),
            (Some(n), _) => format!("{} in the way", format::plural(usize::try_from(n).unwrap_or(usize::MAX), "row is", "rows are")),
            (None, Some(why)) => format!("not counted: {why}"),
            (None, None) => "not counted".to_owned(),
        };
        blocks.push(paragraph(say!(
            "{} succeeds only where this holds for {}: {} ({}).",
            code(step_place(database, p.step)),
            code(&p.table),
            p.what.clone(),
            state
        )));
        if p.offenders.is_none() {
            blocks.push(Block::Sql { text: format!("{};", p.probe.trim_end_matches(';')) });
        }
    }
    blocks
}

fn half_applied(database: &LintedDatabase) -> Vec<Block> {
    let item = |h: &architrave_model::migration::HalfApplied| {
        let left = if h.left.is_empty() { "nothing is left".to_owned() } else { format!("left: {}", h.left.join(", ")) };
        let retry = if h.healed { format!("the retry heals it ({})", h.retry) } else { format!("the retry does not heal it: {}", h.retry) };
        say!("{} {}: {}; {}", code(step_place(database, h.step)), h.how.clone(), left, retry)
    };
    listed(database.half_applied.iter().map(item).collect())
}

fn history(database: &LintedDatabase) -> Vec<Block> {
    listed(database.history.iter().map(|h| say!("{}:{} {}", code(&h.location.path), h.location.line.to_string(), prose(&h.what))).collect())
}
