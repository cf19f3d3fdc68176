//! What an attack writes down: transcripts, cells, and the ways in.

use super::arena::{Answer, Move};
use architrave_model::QualifiedName;
use architrave_model::access::attack::Fault;
use architrave_model::access::{ActorKind, Attack, AttackKind, Cell, CellVerdict, Command, Step, StepOutcome, Target, Transcript};
use architrave_model::finding::Severity;
use std::collections::{BTreeMap, BTreeSet};

/// A cell with the way in that was found for it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) cell: Cell,
    pub(super) way: Option<Way>,
}

/// A way in.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) title: String,
    pub(super) length: usize,
    pub(super) severity: Severity,
    pub(super) transcript: usize,
    pub(super) kind: AttackKind,
}

impl Way {
    /// One of which its cell says all.
    pub(super) fn plain(title: String, length: usize, severity: Severity, transcript: usize) -> Self {
        Self { title, length, severity, transcript, kind: AttackKind::Plain }
    }
}

/// The book.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) entries: Vec<Entry>,
    pub(super) transcripts: Vec<Transcript>,
    /// Calls that write, with the tables, by caller and function.
    pub(super) written: BTreeMap<(ActorKind, Target), BTreeMap<String, BTreeSet<QualifiedName>>>,
}

impl Book {
    /// Writes a transcript down, once.
    pub(super) fn transcript(&mut self, title: impl Into<String>, steps: Vec<Step>) -> usize {
        self.transcript_of(Transcript { title: title.into(), steps, ..Transcript::default() })
    }

    /// Writes a transcript down that says more than its steps, once.
    pub(super) fn transcript_of(&mut self, transcript: Transcript) -> usize {
        if let Some(at) = self.transcripts.iter().position(|t| *t == transcript) {
            return at;
        }
        self.transcripts.push(transcript);
        self.transcripts.len() - 1
    }

    /// A cell that nothing was executed for.
    pub(super) fn plain(&mut self, target: &Target, command: Command, actor: ActorKind, verdict: CellVerdict, reason: impl Into<String>) {
        self.put(cell(target, command, actor, verdict, reason), None);
    }

    pub(super) fn put(&mut self, cell: Cell, way: Option<Way>) {
        self.entries.push(Entry { cell, way });
    }

    /// Cells and ways in, in the report's order; transcripts nobody refers to are left out.
    pub(super) fn finish(mut self) -> (Vec<Cell>, Vec<Attack>, Vec<Transcript>) {
        self.entries.sort_by(|a, b| key(&a.cell).cmp(&key(&b.cell)));
        self.leave_out_implied();
        let mut attacks: Vec<Attack> = Vec::new();
        let mut cells = Vec::new();
        for (at, entry) in self.entries.into_iter().enumerate() {
            if let Some(way) = entry.way {
                let Way { title, length, severity, transcript, kind } = way;
                attacks.push(Attack { cell: at, title, length, severity, transcript, kind });
            }
            cells.push(entry.cell);
        }
        attacks.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.length.cmp(&b.length)).then(a.cell.cmp(&b.cell)));
        (cells, attacks, self.transcripts)
    }
}

impl Book {
    /// What somebody with fewer rights does through the same fault, those with more do as well: that is one way in, not three. The cells stay.
    fn leave_out_implied(&mut self) {
        let weakest = |kind: ActorKind| [ActorKind::Anonymous, ActorKind::Outsider, ActorKind::Member].iter().position(|k| *k == kind);
        let implies = |a: &Entry, b: &Entry| {
            let same = a.cell.target == b.cell.target
                && a.cell.command == b.cell.command
                && a.cell.at_fault.as_ref().is_some_and(|f| Some(&f.what) == b.cell.at_fault.as_ref().map(|g| &g.what));
            let as_short = a.way.as_ref().zip(b.way.as_ref()).is_some_and(|(a, b)| a.length <= b.length);
            same && as_short && weakest(a.cell.actor).zip(weakest(b.cell.actor)).is_some_and(|(a, b)| a < b)
        };
        let needless: Vec<usize> = (0..self.entries.len())
            .filter(|at| self.entries.get(*at).is_some_and(|b| b.way.is_some() && self.entries.iter().any(|a| implies(a, b))))
            .collect();
        for at in needless {
            if let Some(entry) = self.entries.get_mut(at) {
                entry.way = None;
            }
        }
    }
}

fn key(cell: &Cell) -> (&Target, Command, ActorKind) {
    (&cell.target, cell.command, cell.actor)
}

/// A cell without evidence.
pub(super) fn cell(target: &Target, command: Command, actor: ActorKind, verdict: CellVerdict, reason: impl Into<String>) -> Cell {
    let none: Option<Fault> = None;
    Cell { target: target.clone(), command, actor, verdict, reason: reason.into(), at_fault: none, evidence: None, control: None }
}

/// The steps of a transcript from statements and their answers; the statement after the last answer was refused.
pub(super) fn steps(moves: &[Move], answers: &[Answer], refusal: Option<&(String, String)>) -> Vec<Step> {
    let mut steps: Vec<Step> =
        moves.iter().zip(answers).map(|(m, a)| Step { actor: m.actor, sql: m.sql.clone(), outcome: told(m, a) }).collect();
    if let (Some((sqlstate, message)), Some(refused)) = (refusal, moves.get(answers.len())) {
        let outcome = StepOutcome::Refused { sqlstate: sqlstate.clone(), message: message.clone() };
        steps.push(Step { actor: refused.actor, sql: refused.sql.clone(), outcome });
    }
    steps
}

fn told(m: &Move, answer: &Answer) -> StepOutcome {
    match answer.outcome {
        StepOutcome::Changed { .. } if m.sql.starts_with("truncate") || m.sql.starts_with("call") => StepOutcome::Done,
        ref outcome => outcome.clone(),
    }
}
