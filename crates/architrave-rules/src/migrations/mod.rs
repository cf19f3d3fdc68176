//! Migrations under judgement as the rules take them: a step with its surroundings, who waits for it, how much the data weighs, safe files.
//!
//! Verdicts rest on the effect of a statement, which the executed and the static path tell alike; actions give the names.

use crate::figures::{bytes, count, list};
use architrave_model::Context;
use architrave_model::catalog::{TypeDef, TypeKind};
use architrave_model::finding::Severity;
use architrave_model::migration::{
    Action, ConstraintDraft, LockMode, Migrations, Outcome, SafeFile, SafeVersion, SizeSource, Step, TableSize,
};
use architrave_model::name::{ObjectRef, QualifiedName};
use architrave_model::rule::Draft;

/// Below both, nobody notices what a statement does to the table: not a reason for an alarm.
const SMALL_ROWS: f64 = 10_000.0;
const SMALL_BYTES: i64 = 10 * 1024 * 1024;

/// From either on, work over the whole table is an outage.
const LARGE_ROWS: f64 = 1_000_000.0;
const LARGE_BYTES: i64 = 1024 * 1024 * 1024;

/// `lock_timeout` of the files of safe versions, in milliseconds.
const SAFE_LOCK_TIMEOUT_MS: u64 = 2000;

/// How much work over all rows of some tables is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// Known, and too little to matter.
    Small,
    /// Nothing tells.
    Unknown,
    /// Known, between the two.
    Middling,
    /// Known, and an outage.
    Large,
}

impl Weight {
    pub(crate) fn of(size: Option<&TableSize>) -> Self {
        let Some(size) = size else { return Self::Unknown };
        let heap = size.heap_bytes.unwrap_or(0);
        if size.rows >= LARGE_ROWS || heap >= LARGE_BYTES {
            Self::Large
        } else if size.rows < SMALL_ROWS && heap < SMALL_BYTES {
            Self::Small
        } else {
            Self::Middling
        }
    }

    /// Severity of work that grows with the data while somebody waits; none where the data is known to be little.
    pub(crate) fn severity(self) -> Option<Severity> {
        match self {
            Self::Small => None,
            Self::Unknown | Self::Middling => Some(Severity::Medium),
            Self::Large => Some(Severity::High),
        }
    }
}

/// One statement under judgement, with all that surrounds it.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) migrations: &'a Migrations,
    pub(crate) context: &'a Context<'a>,
    /// Index into the steps.
    pub(crate) number: usize,
    pub(crate) step: &'a Step,
}

/// Every statement, those that failed too.
pub(crate) fn all<'a>(migrations: &'a Migrations, context: &'a Context<'a>) -> impl Iterator<Item = At<'a>> {
    migrations.steps.iter().enumerate().map(move |(number, step)| At { migrations, context, number, step })
}

/// Statements that did what they do (or would): neither refused nor skipped.
pub(crate) fn acting<'a>(migrations: &'a Migrations, context: &'a Context<'a>) -> impl Iterator<Item = At<'a>> {
    all(migrations, context).filter(|at| matches!(at.step.outcome, Outcome::Done | Outcome::TimedOut { .. } | Outcome::NotExecuted))
}

impl<'a> At<'a> {
    /// What the text asks for, where the table of it was there before the script.
    pub(crate) fn on_existing(self) -> impl Iterator<Item = (&'a Action, &'a QualifiedName)> {
        let step = self.step;
        step.actions.iter().filter_map(move |action| Some((action, action.table().filter(|t| step.existed(t))?)))
    }

    /// Size of a table: what the run found out, else statistics, else the brief.
    pub(crate) fn size(self, table: &QualifiedName) -> Option<TableSize> {
        if let Some(size) = self.migrations.size(table) {
            return Some(size.clone());
        }
        let counted = self.context.stats.and_then(|s| s.table(table)).is_some_and(|t| t.row_estimate().is_some());
        Some(TableSize {
            rows: self.context.rows(table)?,
            heap_bytes: None,
            index_bytes: None,
            writes: self.context.writes(table),
            reads: None,
            source: if counted { SizeSource::Catalog } else { SizeSource::Assumed },
        })
    }

    /// How much all of these tables are together: the heaviest counts.
    pub(crate) fn weight(self, tables: &[&QualifiedName]) -> Weight {
        tables.iter().map(|t| Weight::of(self.size(t).as_ref())).max().unwrap_or(Weight::Unknown)
    }

    /// Whether somebody who reads or writes the relation waits.
    pub(crate) fn blocks(self, relation: &QualifiedName) -> bool {
        self.step.effect.blocked(relation) != (false, false)
    }

    /// Who waits for the relation: `reads and writes`, `writes`; empty where nobody does.
    pub(crate) fn who_waits(self, relation: &QualifiedName) -> &'static str {
        match self.step.effect.blocked(relation) {
            (true, true) => "reads and writes",
            (false, true) => "writes",
            (true, false) => "reads",
            (false, false) => "",
        }
    }

    /// The lock on a relation; none where it took none.
    pub(crate) fn lock(self, relation: &QualifiedName) -> Option<LockMode> {
        self.step.effect.lock(relation).map(|l| l.mode)
    }

    /// Tables of before the script whose heap it writes anew while somebody waits, sorted: the table itself, its partitions, its children.
    pub(crate) fn rewritten(self) -> Vec<&'a QualifiedName> {
        let heaps = self.step.effect.rewrites.iter().filter(|r| r.existed && r.index_of.is_none());
        heaps.map(|r| &r.relation).filter(|r| self.blocks(r)).collect()
    }

    /// Indexes of before the script that it builds anew while somebody waits, each with its table.
    pub(crate) fn rebuilt(self) -> Vec<(&'a QualifiedName, &'a QualifiedName)> {
        let indexes = self.step.effect.rewrites.iter().filter(|r| r.existed);
        indexes.filter_map(|r| Some((&r.relation, r.index_of.as_ref()?))).filter(|(_, table)| self.blocks(table)).collect()
    }

    /// Tables of before the script that it reads from end to end while somebody waits, sorted.
    pub(crate) fn scanned(self) -> Vec<&'a QualifiedName> {
        self.step.effect.scans.iter().filter(|s| s.existed).map(|s| &s.relation).filter(|r| self.blocks(r)).collect()
    }

    /// Tables of before the script on which it builds a new index while somebody waits, sorted, each once. Of a partitioned one these are its
    /// partitions: its own index holds nothing.
    pub(crate) fn built_on(self) -> Vec<&'a QualifiedName> {
        let step = self.step;
        let mut tables = Vec::new();
        for (_, table) in step.effect.built.iter().filter(|(_, table)| step.existed(table) && self.blocks(table)) {
            if self.is_partitioned(table) {
                // The text alone names the parent's index only; a partition that it is built on is read.
                tables.extend(self.of_family(table, &self.scanned()).into_iter().filter(|t| !self.is_partitioned(t)));
            } else {
                tables.push(table);
            }
        }
        tables.sort();
        tables.dedup();
        tables
    }

    /// The table with its partitions and children, at every depth, as they were before the script.
    pub(crate) fn family(self, table: &QualifiedName) -> Vec<&'a QualifiedName> {
        let tables = &self.step.before.tables;
        let mut family: Vec<&QualifiedName> = tables.iter().map(|t| &t.name).filter(|n| *n == table).collect();
        let mut next = 0;
        while let Some(parent) = family.get(next).copied() {
            next += 1;
            for child in tables.iter().filter(|t| t.parents.contains(parent)) {
                if !family.contains(&&child.name) {
                    family.push(&child.name);
                }
            }
        }
        family
    }

    /// Those of the given relations that are the table, its partitions or its children.
    pub(crate) fn of_family(self, table: &QualifiedName, relations: &[&'a QualifiedName]) -> Vec<&'a QualifiedName> {
        if relations.is_empty() {
            return Vec::new();
        }
        let family = self.family(table);
        relations.iter().copied().filter(|r| family.contains(r)).collect()
    }

    /// Whether the table is partitioned.
    pub(crate) fn is_partitioned(self, table: &QualifiedName) -> bool {
        self.step.table(table).is_some_and(|t| t.kind == architrave_model::catalog::TableKind::Partitioned)
    }

    /// Steps of the same script before this one, in order.
    pub(crate) fn earlier_in_script(self) -> impl DoubleEndedIterator<Item = &'a Step> {
        let steps = &self.migrations.steps[..self.number.min(self.migrations.steps.len())];
        let first = steps.partition_point(|s| s.script < self.step.script);
        steps[first..].iter()
    }

    /// All steps after this one, with their numbers, in order, those of later scripts too.
    pub(crate) fn later(self) -> impl Iterator<Item = At<'a>> {
        all(self.migrations, self.context).skip(self.number + 1)
    }

    /// A finding at the statement's place, with the lock on the table and its size as evidence.
    pub(crate) fn draft(self, object: ObjectRef, table: &QualifiedName, message: impl Into<String>, why: impl Into<String>) -> Draft {
        let mut draft = Draft::new(object, message, why).at(self.step.location.clone());
        if let Some(mode) = self.lock(table) {
            draft = draft.evidence(format!("lock on {table}"), mode.sql(), self.source());
        }
        match self.size(table) {
            Some(size) => draft.evidence(format!("size of {table}"), size_words(&size), size.source.word()),
            None => draft.evidence(format!("size of {table}"), "not known", "nothing tells"),
        }
    }

    /// Where the effect comes from: `PostgreSQL 15.18`, `text and catalogue, not executed`.
    pub(crate) fn source(self) -> String {
        if self.migrations.executed && self.step.outcome != Outcome::NotExecuted {
            format!("PostgreSQL {}", self.migrations.server_version)
        } else {
            "text and catalogue, not executed".to_owned()
        }
    }

    /// The finding with the safe version of this statement, where there is one.
    pub(crate) fn safely(self, draft: Draft) -> Draft {
        match crate::expand::safe_version(self.migrations, self.number) {
            Some(safe) => draft.safe(safe),
            None => draft,
        }
    }

    /// These files in place of this statement, with the same schema in the end.
    pub(crate) fn instead(self, files: Vec<SafeFile>) -> SafeVersion {
        SafeVersion { replaces: vec![self.number], files, same_end: true, ..SafeVersion::default() }
    }
}

/// Evidence that relations are written anew or read whole.
pub(crate) fn with_work(draft: Draft, at: At<'_>, what: &str, relations: &[&QualifiedName]) -> Draft {
    if relations.is_empty() { draft } else { draft.evidence(what, names(relations), at.source()) }
}

/// The name of a constraint that the statement adds, with a column of ADD COLUMN or without: as written, else as PostgreSQL chooses it.
pub(crate) fn constraint_name(at: At<'_>, table: &QualifiedName, constraint: &ConstraintDraft, column: Option<&str>) -> String {
    let name = crate::expand::constraint_name(at.migrations, at.number, table, constraint, column);
    name.or_else(|| constraint.name.clone()).unwrap_or_default()
}

/// `4,812,000 rows, 97 MB`.
pub(crate) fn size_words(size: &TableSize) -> String {
    let rows = format!("{} rows", count(size.rows));
    size.heap_bytes.map_or_else(|| rows.clone(), |heap| format!("{rows}, {}", bytes(heap)))
}

/// `public.a, public.b and public.c`.
pub(crate) fn names(relations: &[&QualifiedName]) -> String {
    list(&relations.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// A file of a safe version that runs in one transaction and gives up after two seconds of waiting for a lock.
pub(crate) fn in_transaction(title: impl Into<String>, statements: Vec<String>) -> SafeFile {
    SafeFile { title: title.into(), statements, transactional: true, lock_timeout_ms: Some(SAFE_LOCK_TIMEOUT_MS), ..SafeFile::default() }
}

/// A file of a safe version outside of a transaction, without time-outs: one that strikes a CONCURRENTLY leaves an invalid index behind.
pub(crate) fn outside_transaction(title: impl Into<String>, statements: Vec<String>) -> SafeFile {
    SafeFile { title: title.into(), statements, transactional: false, lock_timeout_ms: None, ..SafeFile::default() }
}

/// The domain that a type as written names, where the catalogue has one.
pub(crate) fn domain_of<'a>(at: At<'a>, type_text: &str) -> Option<&'a TypeDef> {
    let bare = type_text.rsplit('.').next().unwrap_or(type_text).trim().trim_matches('"');
    at.step.before.types.iter().find(|t| t.name.name.eq_ignore_ascii_case(bare) && matches!(t.kind, TypeKind::Domain { .. }))
}
