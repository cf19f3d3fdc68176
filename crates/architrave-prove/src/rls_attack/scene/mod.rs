//! The people of two tenants and their rows.
//!
//! Rows are made by the superuser with triggers and foreign keys off. What checks, domains, enums and unique keys ask is answered by PostgreSQL itself:
//! candidates are evaluated, no condition is solved here. A table that takes no row is a gap with the reason.

mod actors;
mod build;
mod draft;
mod fill;
mod founding;
mod fresh;
mod order;
mod pattern;
mod permissions;
mod samples;
mod search;
#[cfg(test)]
mod tests;

pub(super) use crate::ProveError as SceneError;
use crate::{Deadline, ProveError};
use architrave_model::access::{Actor, ActorKind, Intent};
use architrave_model::{Catalog, Gap, QualifiedName};
use architrave_postgres::Client;
use std::sync::OnceLock;

/// What a row is there for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// It belongs to somebody, and to nobody else.
    Belongs,
    /// It satisfies what a policy asks of the row itself, where the row that belongs to somebody does not.
    Satisfies {
        /// Policy.
        policy: String,
    },
    /// Everybody is meant to read it.
    Public,
}

/// One row that the setup makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeededRow {
    /// Table; of partitions the root.
    pub table: QualifiedName,
    /// Whose: the owner is the victim. Rows of nobody (reference data, internal tables) count as the owner's.
    pub of: ActorKind,
    /// Columns with SQL literals that name exactly this row.
    pub key: Vec<(String, String)>,
    /// All columns that were given, with SQL literals.
    pub values: Vec<(String, String)>,
    /// What for.
    pub purpose: Purpose,
}

/// Actors and rows on a database.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scene {
    /// Who acts; a member only where there are tenants.
    pub actors: Vec<Actor>,
    /// Statements that have made the rows, to be run as superuser in this order.
    pub setup: Vec<String>,
    /// Rows, in the order in which they were made: parents first.
    pub rows: Vec<SeededRow>,
    /// Tables that took no row, and what else could not be set, each with the reason.
    pub gaps: Vec<Gap>,
    /// The rows as references of new rows find them; made when the first is asked for.
    known: OnceLock<draft::Known>,
}

/// Makes the people and rows on that database, as its superuser.
/// Tables that are not reached by the deadline get no rows, which is a gap.
pub async fn build(superuser: &Client, catalog: &Catalog, intent: &Intent, deadline: &Deadline) -> Result<Scene, ProveError> {
    build::build(superuser, catalog, intent, deadline).await
}

impl Scene {
    /// A scene whose rows are there already.
    #[cfg(test)]
    pub(super) fn made(actors: Vec<Actor>, setup: Vec<String>, rows: Vec<SeededRow>) -> Self {
        Self { actors, setup, rows, ..Self::default() }
    }

    /// The columns and literals of a new row of that actor, `set` among them, which fits types, checks, enums, foreign keys and unique keys; none for
    /// a table that could not be filled.
    pub fn fresh_row(
        &self,
        catalog: &Catalog,
        intent: &Intent,
        table: &QualifiedName,
        of: ActorKind,
        set: &[(String, String)],
    ) -> Option<Vec<(String, String)>> {
        fresh::row(self, catalog, intent, table, of, set)
    }
}
