//! Compares what the attack says of a policy set with its labels.

use super::Figures;
use super::format::{Expectation, PolicySet};
use architrave_model::access::{AttackReport, Cell, CellVerdict, Stated, Target};
use architrave_model::context::Exposure;
use architrave_model::origin::Origins;
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::replay::{Confined, without_own_objects};
use architrave_postgres::server::{Database, NoProgress};
use architrave_prove::rls_attack::{AttackInput, AttackOptions, attack};
use std::time::Duration;

/// Attacks the set and notes where the verdicts are wrong or missing.
pub(crate) async fn compare(server: &Confined<'_>, database: &Database, set: &PolicySet, figures: &mut Figures) {
    let report = match attacked(server, database, set).await {
        Ok(report) => report,
        Err(why) => {
            figures.wrong.push(format!("{}.sql: the attack breaks off: {why}", set.name));
            return;
        }
    };
    let (decided, all) = report.decided();
    figures.cells = (figures.cells.0 + decided, figures.cells.1 + all);
    for expectation in &set.expectations {
        let place = format!("{}.sql:{}: {} {}", set.name, expectation.line, expectation.cell(), expectation.verdicts.join("|"));
        match report.cells.iter().find(|cell| is_of(cell, expectation)) {
            None => figures.undecided.push(format!("{place}, but there is no such cell")),
            Some(cell) if cell.verdict == CellVerdict::NotDecided => figures.undecided.push(format!("{place}, but: {}", cell.reason)),
            Some(cell) if expectation.verdicts.iter().any(|v| v == word(cell.verdict)) => {}
            Some(cell) => figures.wrong.push(format!("{place}, but {}: {}", word(cell.verdict), cell.reason)),
        }
    }
    for cell in report.cells.iter().filter(|cell| cell.verdict == CellVerdict::Leak && is_false_alarm(cell, set)) {
        let what = format!("{} {} {}", cell.command.sql().to_lowercase(), name_of(&cell.target), cell.actor.word());
        figures.wrong.push(format!("{}.sql: false alarm: {what}: {}", set.name, cell.reason));
    }
}

async fn attacked(server: &Confined<'_>, database: &Database, set: &PolicySet) -> Result<AttackReport, String> {
    let mut client = server.owner(database).await.map_err(|e| e.to_string())?;
    let mut catalog = read_catalog(&mut client, &ReadOptions::default()).await.map_err(|e| e.to_string())?;
    drop(client);
    without_own_objects(&mut catalog);
    let platform = ["supabase", "clerk"].contains(&set.style.as_str());
    let exposure = if platform {
        Exposure { schemas: vec!["public".into(), "graphql_public".into()], roles: vec!["anon".into(), "authenticated".into()] }
    } else {
        Exposure::default()
    };
    let input = AttackInput {
        server,
        base: database,
        catalog: &catalog,
        exposure: &exposure,
        stated: &Stated::default(),
        clerk: set.style == "clerk",
        origins: &Origins::default(),
    };
    let options = AttackOptions { time_limit: Duration::from_secs(30), mutations: false, ..AttackOptions::default() };
    attack(&input, &options, &NoProgress).await.map_err(|e| e.to_string())
}

/// A leak where nothing of the kind is labelled; in a set with a hole, other commands on what leaks belong to it.
fn is_false_alarm(cell: &Cell, set: &PolicySet) -> bool {
    let of_target = |e: &&Expectation| e.target == name_of(&cell.target) || is_of(cell, e);
    let may_leak = |e: &Expectation| e.verdicts.iter().any(|v| v == "leak" || v == "open");
    let labelled = set.expectations.iter().any(|e| is_of(cell, e));
    !labelled && !set.expectations.iter().filter(of_target).any(may_leak)
}

fn is_of(cell: &Cell, expectation: &Expectation) -> bool {
    let same_target = match (&cell.target, expectation.target.split_once(':')) {
        (Target::Bucket { id }, Some(("bucket", wanted))) => id == wanted,
        (Target::Topic { pattern }, Some(("topic", wanted))) => pattern.contains(wanted),
        (Target::Function { name, .. }, None) => {
            expectation.target.split_once('(').is_some_and(|(f, _)| f == format!("{}.{}", name.schema, name.name))
        }
        (target, None) => name_of(target) == expectation.target,
        _ => false,
    };
    same_target && cell.command.sql().eq_ignore_ascii_case(&expectation.command) && cell.actor.word() == expectation.actor
}

fn name_of(target: &Target) -> String {
    match target {
        Target::Table { name } | Target::View { name } => format!("{}.{}", name.schema, name.name),
        Target::Function { name, arguments } => format!("{}.{}({arguments})", name.schema, name.name),
        Target::Bucket { id } => format!("bucket:{id}"),
        Target::Topic { pattern } => format!("topic:{pattern}"),
    }
}

fn word(verdict: CellVerdict) -> &'static str {
    match verdict {
        CellVerdict::Leak => "leak",
        CellVerdict::Open => "open",
        CellVerdict::NotDecided => "not decided",
        CellVerdict::Allowed => "allowed",
        CellVerdict::Denied => "denied",
    }
}
