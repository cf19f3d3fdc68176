//! Section 5, Migration and Evolution Strategy: how the scripts replay, what they do to data, the way back, the locks ahead.

use super::{Facts, PartDef, SectionDef, first, para, table, table_of};
use crate::format::{cut, percent, plural, plural_f, share};
use crate::placement::PartId;
use crate::present::{blocks as lock_blocks, strength};
use crate::report::Block;
use crate::scope;
use crate::text::{Span, Text, code, codes, finding_refs, list, say, strong};
use architrave_model::finding::Verdict;
use architrave_model::project::ProjectDatabase;
use architrave_model::review::{Replay, Target};
use architrave_model::script::{Script, Statement, StatementKind, TransactionMode};
use std::cmp::Reverse;
use std::collections::BTreeMap;

pub(super) static SECTION: SectionDef = SectionDef {
    key: "migration",
    title: "Migration and Evolution Strategy",
    intro: None,
    parts: &[
        PartDef { id: PartId::SchemaMigrations, key: "schema-migrations", title: "Schema migrations", write: schema_migrations },
        PartDef { id: PartId::DataMigration, key: "data-migration", title: "Data migration", write: data_migration },
        PartDef {
            id: PartId::VersionControl,
            key: "version-control-and-rollback",
            title: "Version control and rollback",
            write: version_control,
        },
        PartDef { id: PartId::ZeroDowntime, key: "zero-downtime", title: "Zero downtime", write: zero_downtime },
    ],
};

fn no_scripts(target: &Target) -> Block {
    para(say!("{} was read without migration scripts; give the project's directory as well to have them replayed.", strong(&target.name)))
}

fn schema_migrations(facts: &Facts<'_>) -> Vec<Block> {
    facts.each_target(|target, blocks| {
        let Some(database) = &target.database else {
            blocks.push(no_scripts(target));
            return;
        };
        blocks.push(para(say!(
            "Format: {}; {} in {}, {}.",
            database.format.title(),
            plural(database.scripts.len(), "script", "scripts"),
            code(&database.path),
            transactions(database)
        )));
        match &target.replay {
            Some(replay) => replayed(replay, blocks),
            None => blocks.push(para("The scripts were not replayed.")),
        }
        let errors: usize = database.scripts.iter().flat_map(|s| &s.statements).filter(|s| s.syntax_error.is_some()).count();
        if errors > 0 {
            blocks.push(para(format!("The static reader stumbled over {}.", plural(errors, "statement", "statements"))));
        }
        if !database.notes.is_empty() {
            let notes: Vec<Text> =
                database.notes.iter().map(|n| say!("{}: {}", code(crate::present::location(&n.location)), n.text.as_str())).collect();
            let (notes, more) = first(notes, 10, "oddities");
            blocks.push(Block::List { items: notes.into_iter().chain(more.map(Text::from)).collect() });
        }
    })
}

/// How the runner wraps the scripts, in words.
fn transactions(database: &ProjectDatabase) -> String {
    let count = |mode| database.scripts.iter().filter(|s| s.transaction == mode).count();
    let all = database.scripts.len();
    let parts = [
        (count(TransactionMode::PerFile), "in a transaction per file"),
        (count(TransactionMode::Implicit), "in one message per file, which PostgreSQL runs as one implicit transaction"),
        (count(TransactionMode::AllFiles), "all in one transaction"),
        (count(TransactionMode::PerStatement), "statement by statement without a transaction"),
    ];
    let used: Vec<String> =
        parts.iter().filter(|p| p.0 > 0).map(|(n, words)| if *n == all { (*words).to_owned() } else { format!("{n} {words}") }).collect();
    if used.is_empty() { "nothing to run".to_owned() } else { format!("run {}", used.join(", ")) }
}

fn replayed(replay: &Replay, blocks: &mut Vec<Block>) {
    let total = replay.applied as usize + replay.failed.len();
    let on = if replay.executed {
        format!("on a private PostgreSQL {}", replay.server_version)
    } else {
        "by the static reader; nothing was executed".to_owned()
    };
    let after = replay.prelude.as_deref().map_or_else(String::new, |p| format!(", after setting up {p}"));
    let outcome = if replay.failed.is_empty() { "none failed".to_owned() } else { format!("{} failed", replay.failed.len()) };
    if total > 0 {
        blocks.push(para(format!(
            "Replayed {on}{after}: {} of {} applied, {outcome}.",
            replay.applied,
            plural(total, "statement", "statements")
        )));
    }
    if !replay.failed.is_empty() {
        let rows = replay
            .failed
            .iter()
            .map(|f| {
                vec![
                    code(crate::present::location(&f.location)),
                    code(&f.sqlstate),
                    f.message.as_str().into(),
                    code(cut(&f.statement, 100)),
                ]
            })
            .collect();
        let (rows, more) = first(rows, 20, "failed statements");
        blocks.push(table_of(&["Failed at", "SQLSTATE", "The server said", "Statement"], rows, more));
    }
    if !replay.skipped.is_empty() {
        let shown: Vec<Text> = replay.skipped.iter().map(|(why, n)| say!("{} ({})", why.as_str(), *n as usize)).collect();
        blocks.push(para(say!("Not executed: {}.", list(&shown, 8))));
    }
    if !replay.stubbed_extensions.is_empty() {
        blocks.push(para(say!(
            "Extensions that the private server lacks and that were stood in for: {}.",
            codes(&replay.stubbed_extensions, 12)
        )));
    }
}

/// The statements of a database with their scripts.
fn statements(database: &ProjectDatabase) -> impl Iterator<Item = (&Script, &Statement)> {
    database.scripts.iter().flat_map(|s| s.statements.iter().map(move |x| (s, x)))
}

/// The statement's first word, in lower case, past comments.
fn head(statement: &Statement) -> String {
    words(&statement.text).next().unwrap_or_default()
}

/// The statement's words in lower case, leading comments skipped.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut rest = text.trim_start();
    loop {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after).trim_start();
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after).trim_start();
        } else {
            break;
        }
    }
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).map(str::to_ascii_lowercase)
}

fn place(script: &Script, statement: &Statement) -> Text {
    code(format!("{}:{}", script.path, statement.line))
}

fn data_migration(facts: &Facts<'_>) -> Vec<Block> {
    facts.each_target(|target, blocks| {
        let Some(database) = &target.database else {
            blocks.push(no_scripts(target));
            return;
        };
        let mut verbs: BTreeMap<&str, Vec<Text>> = BTreeMap::new();
        let mut copied = 0_u64;
        for (script, statement) in statements(database) {
            match (&statement.kind, head(statement).as_str()) {
                (StatementKind::CopyData { rows }, _) => copied += rows,
                (StatementKind::Data, "insert") => verbs.entry("insert").or_default().push(place(script, statement)),
                (StatementKind::Data, "update") => verbs.entry("update").or_default().push(place(script, statement)),
                (StatementKind::Data, "delete") => verbs.entry("delete").or_default().push(place(script, statement)),
                (StatementKind::Data, "do") => verbs.entry("do").or_default().push(place(script, statement)),
                _ => {}
            }
        }
        if verbs.is_empty() && copied == 0 {
            blocks.push(para(match database.scripts.len() {
                0 => "There is no script that could change rows.".to_owned(),
                1 => "The one script changes no rows: it defines the schema only.".to_owned(),
                n => format!("None of {n} scripts changes rows: they define the schema only."),
            }));
            return;
        }
        let items = verbs.iter().map(|(verb, places)| say!("{} {}: {}", places.len(), code(verb), list(places, 6)));
        let rows =
            (copied > 0).then(|| Text::from(format!("{} of COPY data, skipped in the replay", plural_f(copied as f64, "line", "lines"))));
        blocks.push(para(
            "Statements that change rows, inside the schema's own migrations (each holds its locks until the file is through):",
        ));
        blocks.push(Block::List { items: items.chain(rows).collect() });
    })
}

fn version_control(facts: &Facts<'_>) -> Vec<Block> {
    let mut blocks = facts.each_target(|target, blocks| {
        let Some(database) = &target.database else {
            blocks.push(no_scripts(target));
            return;
        };
        let n = database.scripts.len();
        let down = database.scripts.iter().filter(|s| s.has_down).count();
        if let (Some(oldest), Some(newest)) = (database.scripts.first(), database.scripts.last()) {
            let way = if down == 0 { "none has a way back".to_owned() } else { format!("{down} ({}) have a way back", share(down, n)) };
            blocks.push(para(say!(
                "{} from {} to {}; {}.",
                plural(n, "script", "scripts"),
                code(&oldest.version),
                code(&newest.version),
                way
            )));
        }
        let mut destructive: BTreeMap<&str, Vec<Text>> = BTreeMap::new();
        for (script, statement) in statements(database) {
            if let Some(what) = destroys(statement) {
                destructive.entry(what).or_default().push(place(script, statement));
            }
        }
        if n == 0 {
            blocks.push(para("There is no script, so there is no history."));
        } else if destructive.is_empty() {
            blocks.push(para("No statement of the scripts drops a table, a column or rows (DO blocks and functions are not looked into)."));
        } else {
            let items = destructive.iter().map(|(what, places)| say!("{} {}: {}", places.len(), code(what), list(places, 6)));
            blocks.push(para("Statements that no down script can bring the data back from:"));
            blocks.push(Block::List { items: items.collect() });
        }
    });
    let fixes: Vec<_> = facts.with_live_fix().filter_map(|f| f.finding.fix.as_ref().map(|x| (f.number, x))).collect();
    if !fixes.is_empty() {
        let back = fixes.iter().filter(|(_, f)| !f.down.is_empty()).count();
        let without: Vec<usize> = fixes.iter().filter(|(_, f)| f.down.is_empty()).map(|(n, _)| *n).collect();
        let but = if without.is_empty() { Text::from("") } else { say!("; not those of {}", finding_refs(&without, 10)) };
        blocks.push(para(say!(
            "{} of {} proposed here come with statements that undo them{}.",
            back,
            plural(fixes.len(), "fix", "fixes"),
            but
        )));
    }
    blocks
}

/// What a statement destroys, if anything.
fn destroys(statement: &Statement) -> Option<&'static str> {
    let words: Vec<String> = words(&statement.text).take(64).collect();
    let has = |a: &str, b: &str| words.windows(2).any(|w| w[0] == a && w[1] == b);
    match words.first().map(String::as_str) {
        Some("drop") if words.get(1).is_some_and(|w| w == "table") => Some("drop table"),
        Some("drop") if words.get(1).is_some_and(|w| w == "schema") => Some("drop schema"),
        Some("truncate") => Some("truncate"),
        Some("delete") => Some("delete"),
        Some("alter") if words.get(1).is_some_and(|w| w == "table") && has("drop", "column") => Some("alter table … drop column"),
        _ => None,
    }
}

fn zero_downtime(facts: &Facts<'_>) -> Vec<Block> {
    let mut blocks = locks_ahead(facts);
    blocks.extend(facts.each_target(|target, blocks| {
        let Some(database) = target.database.as_ref().filter(|_| !scope::is_live(target)) else { return };
        let mut blocking: Vec<Text> = Vec::new();
        let mut concurrent = 0;
        for (script, statement) in statements(database) {
            let words: Vec<String> = words(&statement.text).take(5).collect();
            let index = words.iter().position(|w| w == "index").filter(|at| *at <= 2 && words.first().is_some_and(|w| w == "create"));
            match index {
                Some(at) if words.get(at + 1).is_some_and(|w| w == "concurrently") => concurrent += 1,
                Some(_) => blocking.push(place(script, statement)),
                None => {}
            }
        }
        let indexes = blocking.len() + concurrent;
        if indexes > 0 {
            blocks.push(para(format!(
                "{} in the history: {concurrent} built concurrently, {} ({}) in a way that blocks writes while it builds (harmless on a table made by the same script).",
                plural(indexes, "create index", "create index statements"),
                blocking.len(),
                share(blocking.len(), indexes)
            )));
        }
        let timeouts = database.scripts.iter().filter(|s| s.statements.iter().any(|x| x.text.to_ascii_lowercase().contains("lock_timeout"))).count();
        if !database.scripts.is_empty() {
            let per_cent = percent(timeouts as f64 / database.scripts.len() as f64);
            blocks.push(para(format!("{timeouts} of {} set lock_timeout ({per_cent}).", plural(database.scripts.len(), "script", "scripts"))));
        }
    }));
    blocks
}

/// Findings whose fixes take a lock, and the relations that they take it on.
type Taken<'a> = (Vec<usize>, Vec<&'a str>);

/// The locks of the proposed fixes, strongest first.
fn locks_ahead(facts: &Facts<'_>) -> Vec<Block> {
    // Strongest first; per mode the findings and the relations.
    let mut by_mode: BTreeMap<(Reverse<u8>, &str), Taken<'_>> = BTreeMap::new();
    let (mut rewrites, mut scans, mut unknown, mut proved) = (Vec::new(), Vec::new(), Vec::new(), 0);
    let mut fixes = 0;
    for view in facts.with_live_fix() {
        let Some(fix) = &view.finding.fix else { continue };
        fixes += 1;
        proved += usize::from(view.proof.as_ref().is_some_and(|p| p.verdict == Verdict::Proved));
        for lock in &fix.effect.locks {
            let entry = by_mode.entry((Reverse(strength(&lock.mode)), &lock.mode)).or_default();
            entry.0.push(view.number);
            entry.1.push(&lock.relation);
        }
        rewrites.extend(&fix.effect.rewrites);
        scans.extend(&fix.effect.scans);
        if fix.effect.locks.is_empty() {
            unknown.push(view.number);
        }
    }
    if fixes == 0 {
        return vec![para("No change is proposed, so none has to be rolled out without downtime.")];
    }
    let rows: Vec<Vec<Text>> = by_mode
        .into_iter()
        .map(|((_, mode), (mut findings, mut relations))| {
            findings.dedup();
            relations.sort_unstable();
            relations.dedup();
            vec![
                code(mode),
                lock_blocks(mode).into(),
                codes(relations, 6),
                list(&findings.iter().map(|n| Span::Finding(*n).into()).collect::<Vec<_>>(), 8),
            ]
        })
        .collect();
    let mut blocks = vec![para(format!("{} proposed, {proved} proved. Locks they take:", plural(fixes, "fix", "fixes")))];
    if !rows.is_empty() {
        blocks.push(table(&["Lock", "Meanwhile", "On", "For"], rows));
    }
    for (what, mut relations) in [("Rewritten in full", rewrites), ("Read in full", scans)] {
        relations.sort();
        relations.dedup();
        if !relations.is_empty() {
            blocks.push(para(say!("{}: {}.", what, codes(relations, 12))));
        }
    }
    if !unknown.is_empty() {
        blocks.push(para(say!("No lock is recorded for the fixes of {}.", finding_refs(&unknown, 12))));
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(text: &str) -> Statement {
        Statement {
            text: text.into(),
            line: 1,
            column: 1,
            offset: 0,
            kind: StatementKind::Definition,
            touches: Vec::new(),
            syntax_error: None,
        }
    }

    #[test]
    fn destructive_statements_are_recognised_past_comments() {
        assert_eq!(destroys(&statement("-- away\n/* really */ DROP TABLE a")), Some("drop table"));
        assert_eq!(destroys(&statement("alter table a drop column b")), Some("alter table … drop column"));
        assert_eq!(destroys(&statement("alter table a drop constraint b")), None);
        assert_eq!(destroys(&statement("drop index a")), None);
    }
}
