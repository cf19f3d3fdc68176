//! The statistics views: one question per view, all asked at once, beside the catalogue's.

mod activity;
mod archiver;
mod checkpointer;
mod column;
mod condition;
mod database;
mod extended;
mod index;
mod io;
mod meta_page;
mod replication;
mod statement;
mod table;

#[cfg(test)]
mod tests;

use crate::session::{Answer, NoKeys, Opening, Rows};
use architrave_model::stats as model;
use architrave_model::{Gap, QualifiedName, Stats};

/// The answers of all statistics views.
pub(crate) struct StatsRows {
    tables: Rows<model::TableStats, table::TableKeys>,
    indexes: Rows<model::IndexStats, table::IndexKeys>,
    columns: Rows<model::ColumnStats, NoKeys>,
    extended: Rows<model::ExtendedStats, NoKeys>,
    expressions: Option<Rows<model::ColumnStats, NoKeys>>,
    ranges: Option<Rows<model::ColumnStats, NoKeys>>,
    meta_pages: Option<Rows<meta_page::MetaPage, NoKeys>>,
    hidden_tables: Rows<QualifiedName, NoKeys>,
    database: Rows<model::DatabaseStats, NoKeys>,
    databases: Rows<model::DatabaseFacts, database::CurrentKey>,
    checkpointer: Rows<model::CheckpointerStats, NoKeys>,
    archiver: Rows<model::ArchiverStats, NoKeys>,
    replication: Rows<model::ReplicationStats, NoKeys>,
    slots: Rows<model::SlotStats, NoKeys>,
    activity: Rows<model::ActivityStats, activity::HiddenKey>,
    statements: Option<Rows<model::StatementStats, NoKeys>>,
    io: Option<Rows<model::IoStats, NoKeys>>,
    condition: condition::ConditionRows,
}

impl StatsRows {
    /// Questions for what this server has.
    pub(crate) fn new(opening: &Opening) -> Self {
        Self {
            tables: Rows::new(&table::QUESTION),
            indexes: Rows::new(&index::QUESTION),
            columns: Rows::new(&column::QUESTION),
            extended: Rows::new(if opening.superuser { &extended::STORED } else { &extended::SHOWN }),
            expressions: (opening.version_num >= 140_000).then(|| Rows::new(&extended::EXPRESSIONS)),
            ranges: (opening.superuser && opening.version_num < 170_000).then(|| Rows::new(&extended::RANGES)),
            meta_pages: opening.superuser.then(|| Rows::new(&meta_page::QUESTION)),
            hidden_tables: Rows::new(&column::HIDDEN),
            database: Rows::new(&database::QUESTION),
            databases: Rows::new(&database::DATABASES),
            checkpointer: Rows::new(&checkpointer::QUESTION),
            archiver: Rows::new(&archiver::QUESTION),
            replication: Rows::new(&replication::QUESTION),
            slots: Rows::new(&replication::SLOTS),
            activity: Rows::new(&activity::QUESTION),
            statements: opening.statements_schema.is_some().then(|| Rows::new(&statement::QUESTION)),
            io: (opening.version_num >= 160_000).then(|| Rows::new(&io::QUESTION)),
            condition: condition::ConditionRows::new(opening),
        }
    }

    /// All questions, to be asked together.
    pub(crate) fn answers(&mut self) -> Vec<&mut (dyn Answer + 'static)> {
        let mut answers: Vec<&mut (dyn Answer + 'static)> = vec![
            &mut self.tables,
            &mut self.indexes,
            &mut self.columns,
            &mut self.extended,
            &mut self.hidden_tables,
            &mut self.database,
            &mut self.databases,
            &mut self.checkpointer,
            &mut self.archiver,
            &mut self.replication,
            &mut self.slots,
            &mut self.activity,
        ];
        if let Some(statements) = &mut self.statements {
            answers.push(statements);
        }
        if let Some(io) = &mut self.io {
            answers.push(io);
        }
        if let Some(meta_pages) = &mut self.meta_pages {
            answers.push(meta_pages);
        }
        for columns in [&mut self.expressions, &mut self.ranges].into_iter().flatten() {
            answers.push(columns);
        }
        answers.extend(self.condition.answers());
        answers
    }

    /// Puts the model together, and adds what was hidden to `gaps`.
    pub(crate) fn assemble(self, opening: &Opening, gaps: &mut Vec<Gap>) -> Stats {
        let (replication, hidden_replication) = replication::build(self.replication);
        let (activity, hidden_activity) = activity::build(self.activity);
        let (statements, hidden_statements) = self.statements.map(statement::build).unwrap_or_default();
        gaps.extend([column::gap(self.hidden_tables), hidden_replication, hidden_activity, hidden_statements].into_iter().flatten());
        if opening.statements_schema.is_none() {
            let remedy = "add pg_stat_statements to shared_preload_libraries and CREATE EXTENSION pg_stat_statements";
            gaps.push(Gap::new("statements of the workload", "the extension pg_stat_statements is not installed", Some(remedy)));
        }
        let database = self.database.one();
        let mut stats = Stats {
            captured_at: opening.now,
            tables: table::build(self.tables, &self.indexes),
            indexes: self.indexes.values(),
            columns: self.columns.values(),
            extended: extended::build(self.extended, self.expressions),
            databases: database::build(self.databases, database.as_ref().and_then(|d| d.bytes)),
            database,
            checkpointer: self.checkpointer.one(),
            archiver: self.archiver.one(),
            replication,
            slots: self.slots.values(),
            activity,
            statements,
            io: self.io.map(Rows::values).unwrap_or_default(),
            ..Stats::default()
        };
        self.condition.add_to(&mut stats);
        stats.sort();
        if let Some(meta_pages) = self.meta_pages {
            meta_page::add(meta_pages, &mut stats.indexes);
        }
        if let Some(ranges) = self.ranges {
            extended::add_ranges(ranges, &mut stats.columns);
        }
        stats
    }
}
