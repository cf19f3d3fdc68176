//! One trial: statements of an actor with looks around them, the sign by which it is seen to have reached the row, and the control by somebody who may.

use super::super::AttackError;
use super::super::arena::{Answer, Arena, Move, Played};
use super::super::book::steps;
use super::super::meaning::Meant;
use architrave_model::access::attack::Fault;
use architrave_model::access::{ActorKind, AttackKind, Step, StepOutcome};
use architrave_model::finding::Severity;
use architrave_model::sqlstate::is_undefined_name;

/// By what a trial is seen to have reached what it is after; the number is that of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Sign {
    /// It returned or changed rows.
    Count(usize),
    /// The look found the row.
    There(usize),
    /// The look found it no more.
    Gone(usize),
}

/// Keys, checks and NOT NULL: asked after privileges and policies.
pub(in super::super) const KEYS_AND_CHECKS: [&str; 5] = ["23502", "23503", "23505", "23514", "23P01"];

/// What is tried.
#[derive(Debug, Clone)]
pub(in super::super) struct Trial {
    pub(in super::super) moves: Vec<Move>,
    /// The statement that decides.
    pub(in super::super) act: usize,
    pub(in super::super) sign: Sign,
    /// Whether the actor is meant to succeed.
    pub(in super::super) meant: Meant,
    /// `changes public.notes of the victim`: what it is to succeed.
    pub(in super::super) what: String,
    pub(in super::super) severity: Severity,
    /// A foreign key that stands in the way shows that policies do not.
    pub(in super::super) stopped_by_keys: bool,
    /// It is a row of the actor's own that nobody says anything against, unless the victim comes to see it.
    pub(in super::super) if_seen: bool,
    /// Index of the row in the ground, where it is about one.
    pub(in super::super) row: Option<usize>,
    /// What it does, where that is more than the command says.
    pub(in super::super) kind: AttackKind,
    /// What is at fault, where it is no policy.
    pub(in super::super) fault: Option<Fault>,
}

/// How it went.
#[derive(Debug, Clone)]
pub(in super::super) struct Attempt {
    moves: Vec<Move>,
    pub(in super::super) answers: Vec<Answer>,
    pub(in super::super) refusal: Option<(String, String)>,
}

/// What a refusal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Kept {
    /// The actor was kept out.
    Out,
    /// The row or the statement was not good enough, or a trigger objected: it depends on whether somebody else succeeds with it.
    ByData,
    /// The server gave up, or what decides is broken.
    Broken,
}

/// What an SQLSTATE says.
pub(in super::super) fn kept(sqlstate: &str) -> Kept {
    match sqlstate {
        "42501" | "42P17" => Kept::Out,
        // Time and locks; or a policy, or a function on its way, names what is not there: where it is there, it says something else.
        "57014" | "55P03" => Kept::Broken,
        undefined if is_undefined_name(undefined) => Kept::Broken,
        _ => match sqlstate.get(..2).unwrap_or_default() {
            "53" | "XX" | "40" | "54" | "58" | "57" | "25" => Kept::Broken,
            _ => Kept::ByData,
        },
    }
}

impl Trial {
    /// The first move is the act; keys do not stop it, and it is about no row in particular.
    pub(in super::super) fn new(moves: Vec<Move>, sign: Sign, meant: Meant, what: String, severity: Severity) -> Self {
        Self {
            moves,
            act: 0,
            sign,
            meant,
            what,
            severity,
            stopped_by_keys: false,
            if_seen: false,
            row: None,
            kind: AttackKind::Plain,
            fault: None,
        }
    }

    /// The same by somebody else.
    fn by(&self, actor: Option<ActorKind>) -> Vec<Move> {
        let own = self.moves.get(self.act).and_then(|m| m.actor);
        self.moves
            .iter()
            .map(|m| Move { actor: if m.actor == own && own.is_some() { actor } else { m.actor }, sql: m.sql.clone() })
            .collect()
    }

    /// Plays it.
    pub(in super::super) async fn play(&self, arena: &mut Arena) -> Result<Attempt, AttackError> {
        attempt(arena, self.moves.clone(), self.act).await
    }

    /// Whether it reached what it was after.
    pub(in super::super) fn reached(&self, attempt: &Attempt) -> bool {
        if let Some((sqlstate, _)) = &attempt.refusal {
            // Keys are asked after policies: a unique key of an INSERT, a foreign key that points at what a DELETE takes away.
            let insert = self.moves.get(self.act).is_some_and(|m| m.sql.starts_with("insert"));
            return self.stopped_by_keys && sqlstate == if insert { "23505" } else { "23503" };
        }
        let rows = |at: usize| match attempt.answers.get(at).map(|a| &a.outcome) {
            Some(StepOutcome::Rows { count } | StepOutcome::Changed { count }) => *count,
            _ => 0,
        };
        match self.sign {
            Sign::Count(at) | Sign::There(at) => rows(at) > 0,
            Sign::Gone(at) => rows(at) == 0,
        }
    }

    /// Whether it has surely not reached anything when its statement ends so: with that number of rows or SQLSTATE.
    pub(in super::super) fn fails_with(&self, end: &str) -> bool {
        let by_keys = self.stopped_by_keys && matches!(end, "23503" | "23505");
        end == "0" || (end.len() == 5 && !by_keys)
    }

    /// The first who succeeds with the very statement: the owner, the service, else the superuser. Where policies and privileges have kept the actor
    /// out, it is enough that a key or a check stops the other, as these are asked after them.
    pub(in super::super) async fn control(
        &self,
        arena: &mut Arena,
        kept_out: bool,
    ) -> Result<Option<(Option<ActorKind>, Attempt)>, AttackError> {
        let own = self.moves.get(self.act).and_then(|m| m.actor);
        for actor in [Some(ActorKind::Owner), Some(ActorKind::Service), None] {
            if actor.is_some_and(|kind| arena.actor(kind).is_none() || Some(kind) == own) {
                continue;
            }
            let attempt = attempt(arena, self.by(actor), self.act).await?;
            let stopped_by_keys = attempt.refusal.as_ref().is_some_and(|(state, _)| KEYS_AND_CHECKS.contains(&state.as_str()));
            if self.reached(&attempt) || (kept_out && stopped_by_keys) {
                return Ok(Some((actor, attempt)));
            }
        }
        Ok(None)
    }
}

impl Attempt {
    /// As a transcript has them.
    pub(in super::super) fn steps(&self) -> Vec<Step> {
        steps(&self.moves, &self.answers, self.refusal.as_ref())
    }

    /// `42501 permission denied for table notes`.
    pub(in super::super) fn refused(&self) -> Option<String> {
        self.refusal.as_ref().map(|(sqlstate, message)| format!("{sqlstate} {message}"))
    }

    /// Forgets statements that came before the trial's own.
    pub(in super::super) fn skip(&mut self, before: usize) {
        self.moves.drain(..before.min(self.moves.len()));
        self.answers.drain(..before.min(self.answers.len()));
    }

    /// Whether nothing can be concluded from it.
    pub(in super::super) fn broken(&self) -> bool {
        self.refusal.as_ref().is_some_and(|(sqlstate, _)| kept(sqlstate) == Kept::Broken)
    }
}

/// Plays statements; a refusal is taken to be that of the statement which decides, as those before it are looks of our own.
pub(in super::super) async fn attempt(arena: &mut Arena, moves: Vec<Move>, act: usize) -> Result<Attempt, AttackError> {
    match arena.play(&moves).await? {
        Played::Went(answers) => Ok(Attempt { moves, answers, refusal: None }),
        Played::Refused { sqlstate, message } if act == 0 => Ok(Attempt { moves, answers: Vec::new(), refusal: Some((sqlstate, message)) }),
        Played::Refused { .. } => {
            let (answers, refusal) = arena.play_to_refusal(&moves).await?;
            Ok(Attempt { moves, answers, refusal })
        }
    }
}
