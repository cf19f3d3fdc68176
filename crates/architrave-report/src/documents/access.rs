//! The document of `architrave rls`: what is meant, the ways in with their transcripts, what was tried and what was not.

use super::access_matrix;
use super::findings::{allowed, finding, found, gaps};
use super::{Document, DocumentSection, column, listed, paragraph};
use crate::format;
use crate::report::{Block, Table};
use crate::text::{Text, code, prose, say, strong};
use architrave_model::access::{
    AccessReport, ActorKind, Attack, AttackReport, BucketIntent, Cell, CellVerdict, Command, DatabaseAccess, Fault, IdentitySource,
    RelationIntent, Repair, Scope, Source, Step, StepOutcome, Target, Transcript,
};
use architrave_model::finding::Verdict;
use std::collections::BTreeMap;

/// How findings name the attack as their proof.
const ATTACK: &str = "rls-attack";
/// Rows of a table.
const ROWS: usize = 200;
/// Names of what is alike in one line; the JSON form has all.
const NAMES: usize = 20;

/// The document.
pub fn access(report: &AccessReport) -> Document {
    let mut sections = vec![DocumentSection { title: String::new(), blocks: summary(report) }];
    let mut section = |title: String, blocks: Vec<Block>| {
        if !blocks.is_empty() {
            sections.push(DocumentSection { title, blocks });
        }
    };
    for database in &report.databases {
        let of = if report.databases.len() > 1 { format!(" ({})", database.name) } else { String::new() };
        section(format!("Statements that failed{of}"), failed(database));
        if let Some(attack) = &database.attack {
            section(format!("Ways in{of}"), attack.attacks.iter().flat_map(|a| way_in(attack, a)).collect());
            section(format!("Repairs{of}"), attack.repairs.iter().flat_map(|r| repair(attack, r)).collect());
            section(format!("Open because a policy or a privilege says so{of}"), with_verdict(attack, CellVerdict::Open));
            section(format!("Answers that tell of unseen rows{of}"), oracles(attack));
        }
    }
    // What the attack has shown stands above, with its transcript.
    let others = report.findings.iter().filter(|f| f.proof.as_ref().is_none_or(|p| p.by != ATTACK));
    section("Findings".to_owned(), others.flat_map(|f| finding(f, None)).collect());
    for database in &report.databases {
        let of = if report.databases.len() > 1 { format!(" ({})", database.name) } else { String::new() };
        if let Some(attack) = &database.attack {
            section(format!("Whose rows are whose{of}"), intent(attack));
            section(format!("What was tried{of}"), tried(attack));
            section(format!("Not decided{of}"), with_verdict(attack, CellVerdict::NotDecided));
            section(format!("Would the attack notice{of}"), mutations(attack));
            section(format!("What could not be attacked{of}"), gaps(&attack.gaps));
        } else {
            let superusers: Vec<&str> = database.superusers.iter().map(String::as_str).collect();
            let matrix = access_matrix::blocks(&database.matrix, &database.exposed_roles, &superusers);
            section(format!("Role by role{of}"), matrix);
        }
    }
    section("Allowed".to_owned(), allowed(&report.allowed));
    section("What was not looked at".to_owned(), gaps(&report.gaps));
    Document { title: "Who can reach what".to_owned(), subject: report.subject.clone(), sections }
}

fn summary(report: &AccessReport) -> Vec<Block> {
    let mut blocks: Vec<Block> = report.databases.iter().map(|d| paragraph(of_database(d))).collect();
    blocks.push(found(&report.findings, report.hidden_by_baseline));
    blocks
}

fn of_database(database: &DatabaseAccess) -> Text {
    let exposed = if database.exposed_roles.is_empty() {
        "no API serves it, as far as can be told".to_owned()
    } else {
        format!("an API serves {} to {}", database.exposed_schemas.join(", "), database.exposed_roles.join(", "))
    };
    let missing = match database.failed.len() {
        0 => String::new(),
        n => format!(
            " {} of the scripts failed: what {} not looked at.",
            format::plural(n, "statement", "statements"),
            if n == 1 { "it makes is" } else { "they make is" }
        ),
    };
    let Some(attack) = &database.attack else {
        return say!("{}: {}. Nothing was attacked.{}", strong(&database.name), exposed, missing);
    };
    let (decided, all) = attack.decided();
    let leaks = attack.cells.iter().filter(|c| c.verdict == CellVerdict::Leak).count();
    let verdict = match (attack.attacks.len(), all - decided) {
        (0, 0) => "no way in was found".to_owned(),
        (0, open) => format!("no way in was found where something was decided; {} not", format::plural(open, "is", "are")),
        (1, _) => format!("1 way in found, which opens {}", format::plural(leaks, "cell", "cells")),
        (n, _) => format!("{} found, which open {}", format::plural(n, "way in", "ways in"), format::plural(leaks, "cell", "cells")),
    };
    let share = if all == 0 { "nothing to decide".to_owned() } else { format!("{decided} of {all} decided ({})", share(decided, all)) };
    let version = attack.server_version.clone();
    say!("{}: {}. Attacked on PostgreSQL {}: {}; {}.{}", strong(&database.name), exposed, version, verdict, share, missing)
}

/// Each with its place and the server's words, and what was done otherwise than the scripts say.
fn failed(database: &DatabaseAccess) -> Vec<Block> {
    let failed = database.failed.iter().map(|f| {
        say!(
            "{}:{}: {} ({}); {}",
            f.location.path.clone(),
            f.location.line.to_string(),
            prose(&f.message),
            f.sqlstate.clone(),
            code(&f.statement)
        )
    });
    let otherwise = database.skipped.iter().filter(|(why, _)| why.starts_with("role ")).map(|(why, _)| say!("{}", prose(why)));
    listed(failed.chain(otherwise).collect())
}

/// Rounded down: 100 % is said only when it is.
fn share(part: usize, whole: usize) -> String {
    format!("{} %", part * 100 / whole.max(1))
}

fn way_in(report: &AttackReport, attack: &Attack) -> Vec<Block> {
    let heading = say!("{} {}", attack.severity, prose(&attack.title));
    let mut blocks = vec![Block::Heading { text: heading, anchor: None }];
    if let Some(cell) = report.cells.get(attack.cell) {
        let who = say!("{} on {} as {}", cell.command.sql(), code(target(&cell.target)), cell.actor.word());
        let said = match &cell.at_fault {
            // The reason names it already: said once, with its place.
            Some(fault) if cell.reason.starts_with(&fault.what) => {
                let rest = cell.reason.get(fault.what.len()..).unwrap_or_default();
                say!("{}: {}{}.", who, at_fault(fault, if rest.starts_with(':') { "" } else { "," }), prose(rest))
            }
            Some(fault) => say!("{}: {}. At fault: {}.", who, prose(&cell.reason), at_fault(fault, "")),
            None => say!("{}: {}.", who, prose(&cell.reason)),
        };
        blocks.push(paragraph(said));
    }
    blocks.extend(report.transcripts.get(attack.transcript).map(transcript));
    blocks
}

/// What lets somebody through, where it stands, and which part of it.
fn at_fault(fault: &Fault, ending: &str) -> Text {
    let what = match fault.what.split_once(' ').zip(fault.what.rsplit_once(" on ")) {
        Some((("policy", rest), (_, table))) => {
            let name = rest.strip_suffix(table).and_then(|r| r.strip_suffix(" on ")).unwrap_or(rest);
            say!("{} on {}", prose(&format!("policy \"{name}\"")), code(table))
        }
        _ => prose(&fault.what),
    };
    let place = fault.location.as_ref().map_or_else(Text::default, |l| say!(" ({}:{})", l.path.clone(), l.line.to_string()));
    let part = match fault.what.split(' ').next() {
        _ if fault.operand.is_empty() => Text::default(),
        Some("view") => say!(", which {}", prose(&fault.operand)),
        Some("materialized") => say!(": {}", prose(&fault.operand)),
        _ => say!(", in {}{}", code(&fault.operand), ending),
    };
    say!("{}{}{}", what, place, part)
}

/// The statements, each with how it ended.
fn transcript(transcript: &Transcript) -> Block {
    let lines: Vec<String> = transcript.steps.iter().map(step).collect();
    Block::Sql { text: lines.join("\n") }
}

fn step(step: &Step) -> String {
    let who = step.actor.map_or("superuser", ActorKind::word);
    let outcome = match &step.outcome {
        StepOutcome::Rows { count } => format::plural(*count as usize, "row", "rows"),
        StepOutcome::Changed { count } => format!("{} changed", format::plural(*count as usize, "row", "rows")),
        StepOutcome::Refused { sqlstate, message } => format!("{sqlstate}: {message}"),
        StepOutcome::Done => "done".to_owned(),
    };
    format!("{};  -- {who}: {outcome}", step.sql)
}

fn repair(report: &AttackReport, repair: &Repair) -> Vec<Block> {
    let closes: Vec<String> = repair.closes.iter().filter_map(|n| report.attacks.get(*n)).map(|a| a.title.clone()).collect();
    let proof = match repair.proof.verdict {
        Verdict::Proved if repair.closes.is_empty() => "executed: what was allowed still goes, and nothing new opens".to_owned(),
        Verdict::Proved => "executed: the attack fails afterwards, and what was allowed still goes".to_owned(),
        Verdict::Refuted => format!("withdrawn: {}", repair.proof.reason.as_deref().unwrap_or("it did not close the hole")),
        Verdict::Unknown => format!("not tried: {}", repair.proof.reason.as_deref().unwrap_or("no reason given")),
    };
    let mut blocks =
        vec![Block::Heading { text: prose(&repair.title), anchor: None }, paragraph(say!("{}.", prose(proof.trim_end_matches('.'))))];
    blocks.extend(listed(closes.into_iter().map(|c| say!("closes: {}", prose(&c))).collect()));
    if repair.proof.verdict != Verdict::Refuted {
        blocks.push(Block::Sql { text: repair.up.iter().map(|s| format!("{s};")).collect::<Vec<_>>().join("\n") });
    }
    blocks
}

fn oracles(report: &AttackReport) -> Vec<Block> {
    listed(
        report
            .oracles
            .iter()
            .map(|o| say!("{} through {}: {} learns {}", code(&o.table), code(&o.through), o.actor.word(), prose(&o.tells)))
            .collect(),
    )
}

/// Commands and actors of cells that are alike otherwise.
type Alike = (Vec<Command>, Vec<ActorKind>);

/// Cells of one verdict; those that are alike in reason, commands and actors in one line.
fn with_verdict(report: &AttackReport, verdict: CellVerdict) -> Vec<Block> {
    let mut lines: BTreeMap<(&Target, &str), Alike> = BTreeMap::new();
    for cell in report.cells.iter().filter(|c| c.verdict == verdict) {
        let (commands, actors) = lines.entry((&cell.target, &cell.reason)).or_default();
        if !commands.contains(&cell.command) {
            commands.push(cell.command);
        }
        if !actors.contains(&cell.actor) {
            actors.push(cell.actor);
        }
    }
    // One line for all that is so for the same reason.
    let mut same: BTreeMap<(&str, Alike), Vec<String>> = BTreeMap::new();
    for ((of, reason), alike) in lines {
        same.entry((reason, alike)).or_default().push(target(of));
    }
    let mut same: Vec<_> = same.into_iter().collect();
    same.sort_by(|a, b| a.1.cmp(&b.1));
    let item = |((reason, (commands, actors)), of): ((&str, Alike), Vec<String>)| {
        let commands: Vec<&str> = commands.into_iter().map(Command::sql).collect();
        let actors: Vec<&str> = actors.into_iter().map(ActorKind::word).collect();
        let more = of.len().checked_sub(NAMES).filter(|n| *n > 0).map(|n| format!(" and {n} more")).unwrap_or_default();
        let of = of.into_iter().take(NAMES).collect::<Vec<_>>().join(", ");
        say!("{}{} {} ({}): {}", code(of), more, commands.join(", "), actors.join(", "), prose(reason))
    };
    listed(same.into_iter().map(item).collect())
}

fn intent(report: &AttackReport) -> Vec<Block> {
    let identity = &report.intent.identity;
    let asks = match &identity.source {
        IdentitySource::None => prose("Nothing in the schema tells one user from another."),
        IdentitySource::Claims => say!("Who asks stands in {}.", code("request.jwt.claims")),
        IdentitySource::Setting { name } => say!("Who asks stands in the setting {}.", code(name)),
        IdentitySource::Role => say!("Who asks is {}.", code("current_user")),
    };
    let of_relation = |r: &RelationIntent| vec![code(&r.relation), whose(report, r), rests_on(&r.source)];
    let of_bucket = |b: &BucketIntent| vec![say!("bucket {}", code(&b.bucket)), whose(report, &b.meant), rests_on(&b.meant.source)];
    let relations = report.intent.relations.iter().take(ROWS).map(of_relation);
    let rows = relations.chain(report.intent.buckets.iter().map(of_bucket)).collect();
    let more = report.intent.relations.len().checked_sub(ROWS).filter(|n| *n > 0).map(|n| format!("and {n} more in the JSON form"));
    let table = Table { columns: vec![column("relation", false), column("whose rows", false), column("because", false)], rows, more };
    vec![
        paragraph(asks),
        Block::Table(table),
        paragraph(say!("Where this is wrong, say so in {} of {}.", code("[access]"), code("architrave.toml"))),
    ]
}

fn whose(report: &AttackReport, relation: &RelationIntent) -> Text {
    let scope = match &relation.scope {
        Scope::Owner { column } => say!("the user in {}", code(column)),
        Scope::Tenant { column, membership } => {
            let of = membership.and_then(|n| report.intent.memberships.get(n));
            match of {
                Some(membership) => say!("members of {} by {}", code(column), code(&membership.table)),
                None => say!("the tenant in {}", code(column)),
            }
        }
        Scope::Through { columns, parent } => say!("as the row of {} in {}", code(parent), code(columns.join(", "))),
        Scope::Public => prose("everybody"),
        Scope::SignedIn => prose("everybody who is signed in"),
        Scope::Internal => prose("nobody from outside"),
        Scope::Unknown => prose("not known"),
    };
    let all = if relation.read_by_all { prose("; everybody reads") } else { Text::default() };
    let public = relation.public_when.as_ref().map_or_else(Text::default, |when| say!("; everybody reads where {}", code(when)));
    say!("{}{}{}", scope, all, public)
}

fn rests_on(source: &Source) -> Text {
    match source {
        Source::Stated { location } => say!("{}:{} says so", location.path.clone(), location.line.to_string()),
        Source::Inferred { from } => prose(&from.join("; ")),
    }
}

/// One row per target and command, one column per actor.
fn tried(report: &AttackReport) -> Vec<Block> {
    let mut rows: BTreeMap<(&Target, Command), BTreeMap<ActorKind, &Cell>> = BTreeMap::new();
    for cell in &report.cells {
        rows.entry((&cell.target, cell.command)).or_default().insert(cell.actor, cell);
    }
    if rows.is_empty() {
        return Vec::new();
    }
    let mut columns = vec![column("target", false), column("command", false)];
    columns.extend(["owner", "member", "outsider", "anonymous", "service"].map(|title| column(title, false)));
    let more = rows.len().checked_sub(ROWS).filter(|n| *n > 0).map(|n| format!("and {n} more in the JSON form"));
    let rows = rows.into_iter().take(ROWS).map(|((of, command), cells)| {
        let mut row = vec![code(target(of)), command.sql().into()];
        row.extend(ActorKind::ALL.iter().map(|kind| cells.get(kind).map_or_else(Text::default, |cell| word(cell.verdict))));
        row
    });
    vec![Block::Table(Table { columns, rows: rows.collect(), more })]
}

fn word(verdict: CellVerdict) -> Text {
    match verdict {
        CellVerdict::Leak => strong("LEAK"),
        CellVerdict::Open => "open".into(),
        CellVerdict::NotDecided => "?".into(),
        CellVerdict::Allowed => "allowed".into(),
        CellVerdict::Denied => "denied".into(),
    }
}

fn target(target: &Target) -> String {
    match target {
        Target::Topic { pattern } => format!("topics {pattern}"),
        other => other.to_string(),
    }
}

fn mutations(report: &AttackReport) -> Vec<Block> {
    if report.mutations.is_empty() {
        return Vec::new();
    }
    let blind: Vec<_> = report.mutations.iter().filter(|m| m.noticed == 0).collect();
    let noticed = report.mutations.len() - blind.len();
    let told = say!("Each policy was taken away and opened once: {} of {} changes changed a verdict.", noticed, report.mutations.len());
    let mut blocks = vec![paragraph(told)];
    blocks.extend(listed(
        blind
            .iter()
            .map(|m| {
                let why = m.reason.as_deref().unwrap_or("nothing that was tried depends on it");
                say!("policy {} on {} {}: {}", code(&m.policy), code(&m.table), m.change.clone(), prose(why))
            })
            .collect(),
    ));
    blocks
}
