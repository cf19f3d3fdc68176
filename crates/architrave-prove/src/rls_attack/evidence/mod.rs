//! The evidence of an attack as scripts that anybody can run: pgTAP for a suite, psql for one way in.

mod pgtap;
mod psql;

#[cfg(test)]
mod tests;

pub use pgtap::pgtap;
pub use psql::psql;

use architrave_model::access::{Actor, ActorKind, AttackReport};
use std::collections::BTreeSet;

/// The actor of that kind.
fn actor(report: &AttackReport, kind: ActorKind) -> Option<&Actor> {
    report.actors.iter().find(|a| a.kind == kind)
}

/// Names of all settings that any actor has.
fn settings(report: &AttackReport) -> BTreeSet<&str> {
    report.actors.iter().flat_map(|a| a.settings.iter().map(|(name, _)| name.as_str())).collect()
}

/// The actor's value of a setting; empty when he has none.
fn value_of<'a>(actor: Option<&'a Actor>, name: &str) -> &'a str {
    actor.and_then(|a| a.settings.iter().find(|(n, _)| n == name)).map_or("", |(_, value)| value.as_str())
}

/// The statements that make the rows, each with its semicolon.
fn setup(report: &AttackReport) -> String {
    report.setup.iter().map(|sql| format!("{};\n", sql.trim_end().trim_end_matches(';'))).collect()
}
