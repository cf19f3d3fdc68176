//! Functions whose answers hold no value of a row, yet rest on rows: whether the answer is another one when the victim's rows are gone.

use super::super::AttackError;
use super::super::arena::{Move, Rows};
use super::super::book::cell;
use super::super::meaning::{Meant, may_read};
use super::Desk;
use super::functions::{Called, Face, Faces, Shown};
use super::trial::attempt;
use architrave_model::access::{Actor, ActorKind, CellVerdict, Command};
use architrave_model::catalog::FunctionKind;

/// At most so many calls are repeated without the rows.
const CALLS: usize = 3;

/// What the answers rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rests {
    /// This call's answer is another one without the victim's rows.
    OnRows(usize),
    /// Every answer is the same without them.
    OnNothing,
    /// Answers differ from one time to the next, or the rows could not be taken away.
    Unknown,
}

impl Desk<'_, '_> {
    /// The cell of an actor whose calls went and gave no value of the victim's rows away, where their absence tells more; the inner value is a transcript
    /// that may stand as control for others. Nothing is written down when it tells nothing.
    pub(super) async fn rests_on_rows(
        &mut self,
        called: &Called<'_>,
        faces: &Faces<'_, '_>,
        actor: &Actor,
        (shown, control): (&Shown, Option<usize>),
    ) -> Result<Option<Option<usize>>, AttackError> {
        let function = called.function;
        let silent = function.kind != FunctionKind::Function || function.result.as_deref() == Some("void");
        if !function.security_definer || silent || called.touched.is_empty() || shown.went.is_empty() || !shown.wrote.is_empty() {
            return Ok(None);
        }
        let rows = |f: &&Face<'_, '_>| {
            matches!(f.known.row.of, ActorKind::Owner | ActorKind::Member) && called.touched.contains(&f.ground.table.name)
        };
        let rows: Vec<&Face<'_, '_>> = faces.all.iter().filter(rows).collect();
        let rests = self.rests(&rows, actor, &shown.went).await?;
        let own = matches!(actor.kind, ActorKind::Owner | ActorKind::Service);
        let open = |f: &&Face<'_, '_>| {
            may_read(self.case.intent_of(f.ground), &f.ground.table.name, actor.kind, f.known.row.of, f.known.public) == Meant::Yes
        };
        let (verdict, reason) = match rests {
            Rests::OnRows(_) if own || rows.iter().all(open) => {
                (CellVerdict::Allowed, "his answer is another one when the victim's rows are gone, and they are his to know".to_owned())
            }
            Rests::OnRows(_) => (
                CellVerdict::Open,
                "his answer holds no value of the victim's rows, and is another one when they are gone: whether he is to know that, nothing tells"
                    .to_owned(),
            ),
            Rests::OnNothing if control.is_some() && !own => {
                (CellVerdict::Denied, "his answer is the same when the victim's rows are gone".to_owned())
            }
            Rests::OnNothing if function.identity_arguments.is_empty() => {
                (CellVerdict::Allowed, "it takes no arguments, and its answer is the same when the victim's rows are gone".to_owned())
            }
            _ => return Ok(None),
        };
        let at = if let Rests::OnRows(at) = rests { at } else { 0 };
        let Some(call) = shown.went.get(at) else { return Ok(None) };
        let went = attempt(self.arena, vec![Move::by(actor.kind, call.clone())], 0).await?;
        let evidence = self.book.transcript(format!("{} calls {}", actor.kind.word(), function.name), went.steps());
        let mut cell = cell(&called.target, Command::Execute, actor.kind, verdict, reason);
        cell.evidence = Some(evidence);
        cell.control = control.filter(|_| verdict == CellVerdict::Denied);
        if verdict == CellVerdict::Open {
            cell.at_fault = Some(self.fault_of(function));
        }
        self.book.put(cell, None);
        Ok(Some(matches!(rests, Rests::OnRows(_)).then_some(evidence)))
    }

    async fn rests(&mut self, rows: &[&Face<'_, '_>], actor: &Actor, calls: &[String]) -> Result<Rests, AttackError> {
        let mut known = Rests::OnNothing;
        for (at, call) in calls.iter().take(CALLS).enumerate() {
            let sql = format!("select to_jsonb(f)::text from {} f limit 1000", call.strip_prefix("select * from ").unwrap_or(call));
            let first = self.answer(actor, &sql).await?;
            let without = self.without(rows, actor, &sql).await?;
            match (first, without) {
                (Some(first), Some(without)) if first == without => {}
                (Some(first), Some(_)) => {
                    if self.answer(actor, &sql).await?.as_ref() == Some(&first) {
                        return Ok(Rests::OnRows(at));
                    }
                    known = Rests::Unknown;
                }
                _ => known = Rests::Unknown,
            }
        }
        Ok(known)
    }

    async fn answer(&mut self, actor: &Actor, sql: &str) -> Result<Option<Rows>, AttackError> {
        let played = self.arena.play(&[Move::by(actor.kind, sql.to_owned())]).await?;
        Ok(played.answer(0).map(|a| a.rows.clone()))
    }

    /// The answer when these rows are gone, with foreign keys and triggers left out as far as the server lets us; none when it is refused or they stay.
    pub(super) async fn without(&mut self, rows: &[&Face<'_, '_>], actor: &Actor, sql: &str) -> Result<Option<Rows>, AttackError> {
        let mut moves = vec![self.arena.keys_off()];
        // Those made last refer to those made first.
        moves.extend(
            rows.iter().rev().map(|f| Move::look(format!("delete from {} where {}", f.ground.table.name.sql(), f.known.condition))),
        );
        moves.push(self.arena.keys_on());
        moves.push(Move::by(actor.kind, sql.to_owned()));
        let last = moves.len() - 1;
        let played = self.arena.play(&moves).await?;
        Ok(played.answer(last).map(|a| a.rows.clone()))
    }
}
