//! Generated rows: fills a scratch database so that its planner statistics are those of a snapshot, keys and foreign keys intact.
//!
//! Every column is a pure function of the row's number: statistics become *segments* of values in their order (`shape`), a one-to-one
//! shuffle with the column's correlation says which rank a row has (`random`), and a foreign key's values are numbers of the referenced
//! column's values (`source`), so that no row has to be remembered. Which column follows what is decided in `plan`; `load` streams the
//! rows. Dependencies between columns are followed where extended statistics name them (`dependency`); per-column statistics do not
//! hold them.

mod allowed;
mod array_text;
mod axis;
mod composite;
mod dependency;
mod facts;
mod family;
mod linked;
mod load;
mod maker;
mod owner;
mod plan;
mod random;
mod rows;
mod samples;
mod shape;
mod sizes;
mod source;
mod strings;
#[cfg(test)]
pub(crate) mod tests;

pub use array_text::{parse_array, write_array};
pub(crate) use load::{one_text, texts};
pub use owner::owner_session;

use crate::error::ProveError;
use architrave_model::{ObjectRef, QualifiedName, Snapshot};
use architrave_postgres::server::{Database, Progress};
use serde::Serialize;

/// The prover's name.
pub const NAME: &str = "generated-rows";

/// How much is generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FillOptions {
    /// Most rows of any table. All tables are scaled down by one factor, except that none goes below 10,000 rows (or its own number).
    pub rows_per_table_limit: Option<u64>,
    /// Most bytes of all tables and their indexes together, by the snapshot's sizes.
    pub bytes_limit: Option<u64>,
    /// The same seed gives the same rows.
    pub seed: u64,
}

impl Default for FillOptions {
    fn default() -> Self {
        Self { rows_per_table_limit: Some(10_000_000), bytes_limit: Some(4 << 30), seed: 1 }
    }
}

/// A table as filled.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FilledTable {
    /// Table; partitioned ones by their root.
    pub name: QualifiedName,
    /// Rows in the snapshot; 1,000 where nothing was counted.
    pub source_rows: f64,
    /// Rows now.
    pub rows: u64,
    /// `rows / source_rows`; 1 when not scaled down.
    pub factor: f64,
}

/// Something that a reader of figures from this database must know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FillNote {
    /// What it is about.
    pub object: ObjectRef,
    /// A lower-case fragment.
    pub text: String,
}

/// What a fill has made.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Filled {
    /// Per table, sorted by name.
    pub tables: Vec<FilledTable>,
    /// What differs from the source, sorted.
    pub notes: Vec<FillNote>,
    /// Rows in all.
    pub rows: u64,
}

impl Filled {
    /// The lowest factor of all tables: 1 when nothing was scaled down.
    pub fn factor(&self) -> f64 {
        self.tables.iter().map(|t| t.factor).fold(1.0, f64::min)
    }
}

/// Fills a database whose schema was generated from the snapshot's catalogue and whose tables are empty.
///
/// The schema must have been created in [`owner_session`]. Indexes are suspended in the system catalogue by the bootstrap superuser while
/// rows stream in; rows are written by the owner, triggers and foreign-key checks off. Only for a private server that keeps its files on
/// disk. Ends with `VACUUM (ANALYZE)`.
pub async fn fill(database: &Database, snapshot: &Snapshot, options: &FillOptions, progress: &dyn Progress) -> Result<Filled, ProveError> {
    let mut world = plan::World::plan(snapshot, options);
    load::load(database, &mut world, progress).await
}
