//! One way in as a script for psql.

use super::{actor, settings, setup, value_of};
use crate::ground::set_config;
use architrave_model::access::{Actor, AttackReport, Step, StepOutcome};
use architrave_model::name::quote_ident;

/// The script of one attack, to be run as superuser on a database with the project's schema and no rows that stand in its way: it makes the rows,
/// plays the statements, and takes everything back. Empty for a number that is none of the report's.
pub fn psql(report: &AttackReport, attack: usize) -> String {
    let Some(attack) = report.attacks.get(attack) else { return String::new() };
    let Some(transcript) = report.transcripts.get(attack.transcript) else { return String::new() };
    let mut sql = format!("-- {}\n\\set ON_ERROR_STOP off\nbegin;\n\n-- Rows of two tenants.\n{}", one_line(&attack.title), setup(report));
    let mut now: Option<&Actor> = None;
    for (at, step) in transcript.steps.iter().enumerate() {
        let who = step.actor.and_then(|kind| actor(report, kind));
        if at == 0 || who.map(|a| a.kind) != now.map(|a| a.kind) {
            sql.push_str(&become_somebody(report, who));
        }
        now = who;
        sql.push_str(&format!("{};\n-- {}\n", step.sql, told(step)));
    }
    sql.push_str("\nreset role;\nrollback;\n");
    sql
}

fn become_somebody(report: &AttackReport, who: Option<&Actor>) -> String {
    let (role, name) = match who {
        Some(actor) => (format!("set local role {}", quote_ident(&actor.role)), actor.kind.word()),
        None => ("reset role".to_owned(), "the superuser, who looks"),
    };
    let calls: Vec<String> = settings(report).into_iter().map(|name| set_config(name, value_of(who, name))).collect();
    let set = if calls.is_empty() { String::new() } else { format!("select {} \\g /dev/null\n", calls.join(", ")) };
    format!("\n-- As {name}.\n{role};\n{set}")
}

fn told(step: &Step) -> String {
    match &step.outcome {
        StepOutcome::Refused { sqlstate, message } => format!("refused: {sqlstate} {}", one_line(message)),
        other => other.to_string(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
