//! Which advice survives: an index nobody uses goes, and one that makes queries slower is tried away.

use super::judge::{Contrast, harms, judge, no_better, reckoned};
use super::measure::Measured;
use super::{QueryTrial, Run, Withdrawn};
use crate::error::ProveError;

impl Run<'_> {
    /// Measures with the advice in place, confirms what is slower, withdraws what does not survive, and writes the queries' verdicts.
    pub(super) async fn compare(&mut self, mut before: Vec<Measured>) -> Result<(), ProveError> {
        let options = &self.trial.options;
        let mut after = self.measure_all(options.runs).await?;
        for at in 0..before.len() {
            if judge(&before[at], &after[at], options.slower_by).is_harm() {
                self.confirm(at, &mut before, &mut after).await?;
            }
        }
        self.note_use(&before, &after);
        let mut again: Vec<usize> = Vec::new();
        again.extend(self.withdraw_drops(&before, &after).await?);
        again.extend(self.withdraw_unused(&after).await?);
        self.withdraw_harmful(&before, &mut after).await?;
        again.sort_unstable();
        again.dedup();
        for at in again {
            after[at] = self.measure(at, options.runs).await?;
        }
        for ((query, before), after) in self.trial.queries.iter().zip(before).zip(after) {
            let change = judge(&before, &after, options.slower_by);
            self.outcome.queries.push(QueryTrial { id: query.id.clone(), weight: query.weight, before, after, change });
        }
        Ok(())
    }

    /// Runs a query again on both sides, one right after the other.
    async fn confirm(&mut self, at: usize, before: &mut [Measured], after: &mut [Measured]) -> Result<(), ProveError> {
        let runs = self.trial.options.runs;
        self.show_advice(false).await?;
        let was = self.measure(at, runs).await;
        self.show_advice(true).await?;
        let is = self.measure(at, runs).await?;
        before[at] = merged(was?, &before[at]);
        after[at] = merged(is, &after[at]);
        Ok(())
    }

    /// Puts the whole advice in place (new ones visible, dropped ones hidden), or takes it back; what is withdrawn stays out.
    pub(super) async fn show_advice(&self, visible: bool) -> Result<(), ProveError> {
        for (placed, index) in self.new.iter().zip(&self.outcome.indexes) {
            placed.show(&self.admin, visible && index.withdrawn.is_none()).await?;
        }
        for (placed, index) in self.old.iter().zip(&self.outcome.drops) {
            placed.show(&self.admin, !visible || index.withdrawn.is_some()).await?;
        }
        Ok(())
    }

    fn note_use(&mut self, before: &[Measured], after: &[Measured]) {
        let slower_by = self.trial.options.slower_by;
        for (at, placed) in self.new.iter().enumerate() {
            let used_by = self.users(after, placed);
            let index = &mut self.outcome.indexes[at];
            for (query, (was, is)) in self.trial.queries.iter().zip(before.iter().zip(after)) {
                // A query that timed out shows no plan: every new index is under suspicion.
                let used = used_by.contains(&query.id);
                match judge(was, is, slower_by) {
                    super::Change::Helped if used => index.helped.push(query.id.clone()),
                    super::Change::Slower if used => index.slower.push(query.id.clone()),
                    super::Change::TimedOut => index.slower.push(query.id.clone()),
                    _ => {}
                }
            }
            index.used_by = used_by;
        }
    }

    /// A dropped index whose users became slower comes back.
    async fn withdraw_drops(&mut self, before: &[Measured], after: &[Measured]) -> Result<Vec<usize>, ProveError> {
        let mut again = Vec::new();
        let limit = self.trial.options.statement_timeout_ms;
        for at in 0..self.old.len() {
            let users = self.outcome.drops[at].used_by.clone();
            let affected: Vec<usize> = (0..before.len()).filter(|q| users.contains(&self.trial.queries[*q].id)).collect();
            let harmed = affected.iter().any(|q| judge(&before[*q], &after[*q], self.trial.options.slower_by).is_harm());
            if !harmed {
                continue;
            }
            self.old[at].show(&self.admin, true).await?;
            let mut contrasts = Vec::new();
            for q in &affected {
                let back = self.measure(*q, self.trial.options.runs).await?;
                contrasts.extend(self.contrast(*q, reckoned(&back, limit), reckoned(&after[*q], limit)));
            }
            if no_better(&contrasts) {
                self.old[at].show(&self.admin, false).await?;
            } else {
                let reason = "queries that use it become slower without it, also with the new indexes".to_owned();
                self.outcome.drops[at].withdrawn = Some(Withdrawn { reason, contrasts });
                again.extend(affected);
            }
        }
        Ok(again)
    }

    /// An index that no query used is no advice.
    async fn withdraw_unused(&mut self, after: &[Measured]) -> Result<Vec<usize>, ProveError> {
        let blind: Vec<&str> =
            self.trial.queries.iter().zip(after).filter(|(_, m)| matches!(m, Measured::TimedOut)).map(|(q, _)| q.id.as_str()).collect();
        for at in 0..self.new.len() {
            let index = &mut self.outcome.indexes[at];
            if index.refused.is_some() || !index.used_by.is_empty() {
                continue;
            }
            let but =
                if blind.is_empty() { String::new() } else { format!(" (plans of {} are unknown: they timed out)", blind.join(", ")) };
            let reason = format!("no query of the workload used it{but}");
            index.withdrawn = Some(Withdrawn { reason, contrasts: Vec::new() });
            self.new[at].show(&self.admin, false).await?;
        }
        Ok(Vec::new())
    }

    /// An index with which a query is slower is tried away: it goes unless what the queries that use it gain outweighs the loss by far. Those
    /// that serve few go first, because often one of several is to blame.
    async fn withdraw_harmful(&mut self, before: &[Measured], after: &mut [Measured]) -> Result<(), ProveError> {
        let (limit, slower_by) = (self.trial.options.statement_timeout_ms, self.trial.options.slower_by);
        let mut order: Vec<usize> = (0..self.new.len()).collect();
        order.sort_by_key(|at| self.outcome.indexes[*at].used_by.len());
        for at in order {
            let index = &self.outcome.indexes[at];
            let still_slower =
                |q: usize| index.slower.contains(&self.trial.queries[q].id) && judge(&before[q], &after[q], slower_by).is_harm();
            if index.withdrawn.is_some() || !(0..before.len()).any(still_slower) {
                continue;
            }
            let concerned: Vec<usize> = (0..before.len())
                .filter(|q| {
                    let id = &self.trial.queries[*q].id;
                    index.used_by.contains(id) || index.slower.contains(id)
                })
                .collect();
            self.new[at].show(&self.admin, false).await?;
            let (mut contrasts, mut without_it) = (Vec::new(), Vec::new());
            for q in &concerned {
                let without = self.measure(*q, self.trial.options.runs).await?;
                contrasts.extend(self.contrast(*q, reckoned(&after[*q], limit), reckoned(&without, limit)));
                without_it.push(without);
            }
            if harms(&contrasts, slower_by) {
                let reason = "a query becomes slower with it, and what others gain does not outweigh that by far".to_owned();
                self.outcome.indexes[at].withdrawn = Some(Withdrawn { reason, contrasts });
                for (q, without) in concerned.into_iter().zip(without_it) {
                    after[q] = without;
                }
            } else {
                self.outcome.indexes[at].contrasts = contrasts;
                self.new[at].show(&self.admin, true).await?;
            }
        }
        Ok(())
    }

    fn contrast(&self, query: usize, with: Option<f64>, without: Option<f64>) -> Option<Contrast> {
        let query = &self.trial.queries[query];
        Some(Contrast { query: query.id.clone(), weight: query.weight, with_ms: with?, without_ms: without? })
    }
}

/// The later measurement with the runs of the earlier one, when both ran.
fn merged(later: Measured, earlier: &Measured) -> Measured {
    match (later, earlier) {
        (Measured::Done(later), Measured::Done(earlier)) => Measured::Done(later.with_runs_of(earlier)),
        (later, _) => later,
    }
}
