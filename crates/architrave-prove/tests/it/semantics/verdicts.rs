//! What the attack says of each case: its schema without the rows, and with the owner of each row as `architrave.toml` would state it.

use super::Case;
use architrave_model::QualifiedName;
use architrave_model::access::{ActorKind, AttackReport, Cell, CellVerdict, IdentitySource, Stated, StatedScope, StatedTable, Target};
use architrave_model::context::Exposure;
use architrave_model::origin::Origins;
use architrave_model::script::Location;
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::replay::{Confined, without_own_objects};
use architrave_postgres::server::{Database, NoProgress};
use architrave_prove::rls_attack::{AttackInput, AttackOptions, attack};
use std::time::Duration;

/// What is said on the case's database that is not as told, one line each.
pub(super) async fn compare(server: &Confined<'_>, base: &Database, case: &Case) -> Vec<String> {
    let report = attacked(server, base, case).await;
    let said: Vec<String> = report.cells.iter().map(line).collect();
    let holds = |told: &str| said.iter().any(|line| line == told || line.strip_prefix(told).is_some_and(|rest| rest.starts_with(": ")));
    let mut wrong: Vec<String> = case.verdicts.iter().filter(|told| !holds(told)).map(|told| format!("not said: {told}")).collect();
    for (cell, line) in report.cells.iter().zip(&said) {
        let told = case.verdicts.iter().any(|told| line == told || line.strip_prefix(told).is_some_and(|rest| rest.starts_with(": ")));
        // Whatever gets through is told above, and whatever is left open, with its reason.
        if !told
            && cell.actor != ActorKind::Service
            && matches!(cell.verdict, CellVerdict::Leak | CellVerdict::Open | CellVerdict::NotDecided)
        {
            wrong.push(format!("not told: {line}"));
        }
    }
    let mut oracles: Vec<String> = report.oracles.iter().map(|o| format!("{} tells {}", o.through, o.actor.word())).collect();
    oracles.dedup();
    if oracles != case.tells {
        wrong.push(format!("side channels: {oracles:?}"));
    }
    if !wrong.is_empty() {
        wrong.push(format!("all:\n  {}", said.join("\n  ")));
        wrong.extend(report.gaps.iter().map(|gap| format!("gap: {}: {}", gap.what, gap.why)));
    }
    wrong
}

/// `select notes outsider leak: the reason`.
fn line(cell: &Cell) -> String {
    let target = match &cell.target {
        Target::Table { name } | Target::View { name } | Target::Function { name, .. } => &name.name,
        Target::Bucket { id } => id,
        Target::Topic { pattern } => pattern,
    };
    let verdict = match cell.verdict {
        CellVerdict::Leak => "leak",
        CellVerdict::Open => "open",
        CellVerdict::NotDecided => "not decided",
        CellVerdict::Allowed => "allowed",
        CellVerdict::Denied => "denied",
    };
    format!("{} {target} {} {verdict}: {}", cell.command.sql().to_lowercase(), cell.actor.word(), cell.reason)
}

async fn attacked(server: &Confined<'_>, base: &Database, case: &Case) -> AttackReport {
    let mut client = server.owner(base).await.unwrap();
    let mut catalog = read_catalog(&mut client, &ReadOptions::default()).await.unwrap();
    drop(client);
    without_own_objects(&mut catalog);
    // What the replay itself keeps there.
    catalog.tables.retain(|table| table.name.schema != "architrave_replay");
    catalog.functions.retain(|function| function.name.schema != "architrave_replay");
    let tables = std::iter::once(&("notes", "owner_id")).chain(case.owners).map(|(table, column)| StatedTable {
        table: QualifiedName::new("public", *table),
        scope: Some(StatedScope::Owner((*column).to_owned())),
        public_when: None,
        read_by_all: None,
        writers: None,
        privileged: None,
        reason: None,
        location: Location::default(),
    });
    let stated = Stated {
        identity: Some(IdentitySource::Setting { name: "app.user_id".into() }),
        id_type: Some("integer".into()),
        tables: tables.collect(),
        ..Stated::default()
    };
    let input = AttackInput {
        server,
        base,
        catalog: &catalog,
        exposure: &Exposure::default(),
        stated: &stated,
        clerk: false,
        origins: &Origins::default(),
    };
    let options = AttackOptions { time_limit: Duration::from_secs(60), mutations: false, ..AttackOptions::default() };
    attack(&input, &options, &NoProgress).await.unwrap()
}
