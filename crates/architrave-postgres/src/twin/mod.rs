//! The twin: a database on a private server with the schema and the planner's statistics of a source and none of its rows, on which
//! `EXPLAIN` answers as the source would.
//!
//! The planner looks at more than statistics: at the length of files, at the height of b-trees, at counters in the first pages of GIN
//! and BRIN indexes. All of it is put in place; files are sparse, so that a terabyte takes no space.

mod candidate;
mod ends;
mod error;
mod extended;
mod files;
mod gaps;
mod growth;
mod page;
mod place;
mod schema;
mod settings;
mod sizes;
mod statistic;
#[cfg(test)]
mod tests;

pub use candidate::{Candidate, TwinIndex};
pub use error::TwinError;
pub use growth::{GrownTable, Growth};

use crate::replay::Confined;
use crate::server::{Database, PrivateServer};
use architrave_model::{Gap, Snapshot, Stats};
use files::Files;
use sizes::{FileNumbers, Sizes};
use std::path::Path;
use tokio_postgres::Client;

/// How to build a twin.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TwinOptions {
    /// How much larger than the source it is.
    pub growth: Growth,
}

/// A twin. Its database is dropped with this value.
#[derive(Debug)]
pub struct Twin {
    database: Database,
    files: Files,
    numbers: FileNumbers,
    /// A file without pages, to build indexes over.
    empty_file: u32,
    major: u16,
    gaps: Vec<Gap>,
    growth: Vec<GrownTable>,
}

impl Twin {
    /// Builds the twin of `snapshot` as a new database of `server`: `ddl` are the statements of its schema. Whatever cannot be made is
    /// left out and told in [`Twin::gaps`].
    pub async fn build(server: &PrivateServer, ddl: &[String], snapshot: &Snapshot, options: &TwinOptions) -> Result<Self, TwinError> {
        let confined = Confined::new(server).await?;
        let (database, locale) = place::create(&confined, snapshot).await?;
        let files = Files::new(server.data_dir())?;
        let numbers = FileNumbers::new();
        let empty_file = numbers.next();
        let mut twin =
            Self { database, files, numbers, empty_file, major: server.major(), gaps: Vec::from_iter(locale), growth: Vec::new() };
        twin.gaps.extend(schema::create(&confined, &twin.database, ddl).await?);
        let admin = confined.admin(&twin.database).await?;
        sizes::install(&admin).await?;
        twin.make_empty_file(&admin).await?;
        twin.gaps.extend(settings::copy(&admin, twin.database.name(), snapshot.settings.as_ref()).await?);
        twin.gaps.extend(gaps::version(snapshot, server.major()));
        if let Some(stats) = &snapshot.stats {
            twin.gaps.extend(gaps::of_source(snapshot, stats));
            twin.gaps.extend(ends::stale(&snapshot.catalog, stats));
            let mut stats = stats.clone();
            ends::extend(&snapshot.catalog, &mut stats);
            if let Some(grown) = growth::grow(&snapshot.catalog, &stats, &options.growth) {
                twin.growth = grown.tables;
                twin.gaps.extend(grown.gaps);
                stats = grown.stats;
            }
            twin.fill(&admin, snapshot, &stats).await?;
        } else {
            twin.gaps.push(Gap::new("statistics", "the snapshot has none: every table is planned as if it were new and empty", None));
        }
        Ok(twin)
    }

    /// A database with the schema only: neither rows nor statistics. For what has to be run, not planned.
    pub async fn bare(server: &PrivateServer, ddl: &[String]) -> Result<Database, TwinError> {
        let confined = Confined::new(server).await?;
        let database = confined.create_database("bare").await?;
        schema::create(&confined, &database, ddl).await?;
        Ok(database)
    }

    async fn make_empty_file(&self, admin: &Client) -> Result<(), TwinError> {
        let row = admin.query_one("select pg_relation_filepath('architrave_twin.empty'::regclass)", &[]).await;
        let path: String = row.map_err(TwinError::sql("find its files"))?.get(0);
        self.files.write(&self.files.beside(Path::new(&path), self.empty_file), &[], 0)
    }

    async fn fill(&mut self, admin: &Client, snapshot: &Snapshot, stats: &Stats) -> Result<(), TwinError> {
        self.gaps.extend(statistic::write(admin, &stats.columns).await?);
        self.gaps.extend(extended::apply(admin, self.major, &stats.extended).await?);
        let relations = sizes::relations(admin, None).await?;
        let work = Sizes { files: &self.files, numbers: &self.numbers, major: self.major, grown: !self.growth.is_empty() };
        let sizes = work.apply(&relations, snapshot, stats)?;
        sizes::write_classes(admin, &sizes).await?;
        sizes::hide_invalid(admin, &relations, snapshot).await?;
        self.gaps.extend(gaps::missing(&relations, stats));
        Ok(())
    }

    /// A session on the twin as the owner of its objects, an ordinary role. The planner's settings of the source are in force: `EXPLAIN`
    /// answers as it would there. Run no statement that reads rows: there are none, and files hold only emptiness.
    pub async fn connect(&self) -> Result<Client, TwinError> {
        Ok(self.database.connect().await?)
    }

    /// How to connect to it, as a libpq connection string.
    pub fn connection_string(&self) -> String {
        self.database.connection_string()
    }

    /// The part of every table in the growth; empty when nothing grew.
    pub fn growth(&self) -> &[GrownTable] {
        &self.growth
    }

    /// What was left out or is not as on the source.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }
}
