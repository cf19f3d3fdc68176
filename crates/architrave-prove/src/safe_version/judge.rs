//! From what was seen to a verdict: failures first, then locks, then the end, then the rows, then the way back.

use super::NAME;
use super::rows::Content;
use architrave_model::catalog::compare::{Difference, Ignore, differences};
use architrave_model::finding::{Proof, Value, Verdict};
use architrave_model::migration::{Action, Effect, LockMode, Migrations, Outcome, SafeVersion, Step};
use architrave_model::{Catalog, QualifiedName};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What was seen.
pub(super) struct Trial<'a> {
    pub(super) migrations: &'a Migrations,
    pub(super) version: &'a SafeVersion,
    /// Steps of the script with the safe files in it.
    pub(super) steps: &'a [Step],
    /// Scripts of these steps that are safe files.
    pub(super) safe: Range<usize>,
    pub(super) before: &'a Catalog,
    pub(super) wanted: &'a Catalog,
    pub(super) got: &'a Catalog,
    pub(super) rows_wanted: &'a Content,
    pub(super) rows_got: &'a Content,
    pub(super) filled: &'a [String],
    pub(super) way_back: &'a Option<Vec<String>>,
}

/// Locks and work of some steps.
#[derive(Debug, Default, PartialEq, Eq)]
struct Profile {
    /// Steps that read, rewrite or build something whole while others wait.
    heavy: usize,
    /// Readers and writers of how many relations wait meanwhile, all such steps together.
    waiting: usize,
    strongest: Option<LockMode>,
}

impl Profile {
    fn of<'s>(steps: impl Iterator<Item = &'s Step>) -> Self {
        let mut out = Self::default();
        for effect in steps.map(|s| &s.effect) {
            out.heavy += usize::from(effect.is_heavy());
            if effect.is_heavy() {
                out.waiting += effect.blocks.iter().map(|b| usize::from(b.reads) + usize::from(b.writes)).sum::<usize>();
            }
            let existing = effect.locks.iter().filter(|l| l.existed).map(|l| l.mode).max();
            out.strongest = out.strongest.max(existing);
        }
        out
    }

    fn figures(&self) -> BTreeMap<String, Value> {
        let strongest = self.strongest.map_or("none", LockMode::sql);
        BTreeMap::from([
            ("heavy statements".to_owned(), Value::Int(i64::try_from(self.heavy).unwrap_or(i64::MAX))),
            ("strongest lock".to_owned(), Value::from(strongest)),
        ])
    }
}

impl Trial<'_> {
    pub(super) fn proof(self) -> Proof {
        let replaced = || self.version.replaces.iter().filter_map(|at| self.migrations.steps.get(*at));
        let as_it_is = Profile::of(replaced());
        let safely = Profile::of(self.safe_steps());
        let mut proof = Proof {
            verdict: Verdict::Proved,
            by: NAME.to_owned(),
            before: as_it_is.figures(),
            after: safely.figures(),
            transcript: self.transcript(),
            reason: None,
        };
        let against = self.failure().or_else(|| self.locks(&as_it_is, &safely)).or_else(|| self.end()).or_else(|| self.rows());
        if let Some(reason) = against.or_else(|| self.back()) {
            proof.verdict = Verdict::Refuted;
            proof.reason = Some(reason);
        }
        proof
    }

    /// Everything is as it should be but the rows, which may be no fault of the version: a script that is run again may make others, too.
    pub(super) fn only_rows_differ(&self) -> bool {
        let replaced = || self.version.replaces.iter().filter_map(|at| self.migrations.steps.get(*at));
        let (as_it_is, safely) = (Profile::of(replaced()), Profile::of(self.safe_steps()));
        self.failure().or_else(|| self.locks(&as_it_is, &safely)).or_else(|| self.end()).is_none() && self.rows().is_some()
    }

    fn safe_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|s| self.safe.contains(&s.script))
    }

    fn failure(&self) -> Option<String> {
        let failed = self.steps.iter().find_map(|s| match &s.outcome {
            Outcome::Failed { message, .. } => Some((s, message.clone())),
            Outcome::TimedOut { seconds } => Some((s, format!("it did not end within {seconds} s"))),
            _ => None,
        })?;
        let (step, message) = failed;
        let what = if self.safe.contains(&step.script) { &step.location.path } else { "the rest of the script" };
        Some(format!("PostgreSQL refuses \"{what}\": {message}"))
    }

    fn locks(&self, as_it_is: &Profile, safely: &Profile) -> Option<String> {
        if safely.heavy == 0 || (safely.heavy, safely.waiting) < (as_it_is.heavy, as_it_is.waiting) {
            return None;
        }
        // The same work, but it no longer waits without end for its lock, everybody else behind it.
        let waited = self.version.replaces.iter().filter_map(|at| self.migrations.steps.get(*at)).any(|s| s.lock_timeout_ms == 0);
        let gives_up = self.version.files.iter().filter(|f| f.transactional).all(|f| f.lock_timeout_ms.is_some());
        let unchanged = self.version.files.iter().flat_map(|f| &f.statements).count() == self.version.replaces.len();
        if waited && gives_up && unchanged && safely == as_it_is {
            return None;
        }
        let heavy = self.safe_steps().find(|s| s.effect.is_heavy())?;
        let on = worked_on(&heavy.effect).map_or_else(|| "a table".to_owned(), ToString::to_string);
        Some(format!("others still wait while \"{}\" reads or rewrites {on} whole", heavy.location.path))
    }

    fn end(&self) -> Option<String> {
        if self.version.same_end
            && let Some(first) = different(self.wanted, self.got).first()
        {
            return Some(format!("it ends in another schema: {first}"));
        }
        let (known, left) = (unfinished(self.wanted), unfinished(self.got));
        let known: BTreeSet<String> = known.union(&unfinished(self.before)).cloned().collect();
        left.difference(&known).next().map(|left| format!("it leaves {left}"))
    }

    fn rows(&self) -> Option<String> {
        if !self.version.same_end {
            return None;
        }
        let free = self.free_columns();
        for (table, wanted) in &self.rows_wanted.tables {
            let Some(got) = self.rows_got.tables.get(table) else { continue };
            if wanted.rows != got.rows {
                return Some(format!("{table} has {} rows in the end, not {}", got.rows, wanted.rows));
            }
            for (column, values) in &wanted.columns {
                let Some(others) = got.columns.get(column) else { continue };
                let may_differ = free.contains(&(table.clone(), column.clone())) || values.varies;
                if values.given != others.given || !may_differ && values.digest != others.digest {
                    return Some(format!("{table}.{column} does not hold the same values in the end"));
                }
            }
        }
        None
    }

    /// Columns that the script numbers or computes row by row: in another order the rows get other values.
    fn free_columns(&self) -> BTreeSet<(QualifiedName, String)> {
        let script = self.version.replaces.first().and_then(|at| self.migrations.steps.get(*at)).map(|step| step.script);
        let actions = script.into_iter().flat_map(|script| self.migrations.of_script(script)).flat_map(|s| &s.actions);
        let free = |action: &Action| match action {
            Action::AddColumn { table, column, .. } => {
                let computed = column.default.as_ref().is_some_and(|d| !d.is_constant && !d.is_null);
                (computed || column.serial || column.identity).then(|| (table.name.clone(), column.name.clone()))
            }
            _ => None,
        };
        actions.filter_map(free).collect()
    }

    fn back(&self) -> Option<String> {
        let first = self.way_back.as_ref()?.first()?;
        Some(format!("its way back does not restore the schema: {first}"))
    }

    fn transcript(&self) -> Vec<String> {
        let mut out = Vec::new();
        if self.filled.is_empty() {
            out.push("-- tried on empty tables".to_owned());
        } else {
            out.push(format!("-- tried with rows in {}", self.filled.join(", ")));
        }
        let mut last = None;
        for step in self.safe_steps() {
            if last != Some(step.script) {
                last = Some(step.script);
                out.push(format!("-- file: {}", step.location.path));
            }
            let words: String = step.text.split_whitespace().take(8).collect::<Vec<_>>().join(" ");
            // Weaker ones stop nobody who reads or writes, and a block that commits may have let go of them before anybody looks.
            let locks: Vec<String> = step
                .effect
                .locks
                .iter()
                .filter(|l| l.existed && l.table.is_none() && l.mode > LockMode::RowExclusive)
                .map(|l| format!("{} on {}", l.mode.sql(), l.relation))
                .collect();
            let locks = if locks.is_empty() { String::new() } else { format!("; {}", locks.join(", ")) };
            let outcome = match &step.outcome {
                Outcome::Done => "ok".to_owned(),
                Outcome::Failed { message, .. } => format!("refused: {message}"),
                Outcome::TimedOut { seconds } => format!("cancelled after {seconds} s"),
                Outcome::Skipped { reason } => reason.clone(),
                Outcome::NotExecuted => "not executed".to_owned(),
            };
            out.push(format!("{words} … -- {outcome}{locks}"));
        }
        if self.version.same_end && self.way_back.as_ref().is_some_and(Vec::is_empty) {
            out.push("-- the way back restores the schema".to_owned());
        }
        out
    }
}

fn worked_on(effect: &Effect) -> Option<&QualifiedName> {
    let rewritten = effect.rewrites.iter().filter(|r| r.existed).map(|r| r.index_of.as_ref().unwrap_or(&r.relation));
    rewritten.chain(effect.scans.iter().filter(|s| s.existed).map(|s| &s.relation)).find(|r| effect.blocked(r) != (false, false))
}

/// Differences other than the order of columns, a line each.
pub(super) fn different(wanted: &Catalog, got: &Catalog) -> Vec<String> {
    let ordered = |catalog: &Catalog| {
        let mut catalog = catalog.clone();
        for table in &mut catalog.tables {
            table.columns.sort_by(|a, b| a.name.cmp(&b.name));
        }
        catalog
    };
    differences(&ordered(wanted), &ordered(got), Ignore::default()).iter().map(Difference::line).collect()
}

/// Indexes that are not valid and constraints that are not validated.
fn unfinished(catalog: &Catalog) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for table in &catalog.tables {
        out.extend(table.indexes.iter().filter(|i| !i.valid).map(|i| format!("index {}.{} invalid", table.name.schema, i.name)));
        let open = table.constraints.iter().filter(|c| !c.validated && c.enforced);
        out.extend(open.map(|c| format!("constraint {} of {} not validated", c.name, table.name)));
    }
    out
}
