//! How many statements end, asked in one round trip: each in a subtransaction of its own that is taken back. Nothing is written down from here; what ends
//! otherwise than before is worth playing.

use super::AttackError;
use super::arena::{Arena, Move};
use architrave_model::access::ActorKind;
use architrave_model::name::quote_literal;

/// Statements per question: together they have the time of one.
const EACH: usize = 20;

/// Makes the function that tells how a statement ends, for whoever calls it with his own rights: the number of rows, or the SQLSTATE. Made by a superuser,
/// without waking the project's event triggers.
pub(super) const SETUP: &str = "set session_replication_role = replica;
    create schema architrave_attack;
    create function architrave_attack.outcome(statement text) returns text language plpgsql as $f$
    declare counted bigint;
    begin
        begin
            execute statement;
            get diagnostics counted = row_count;
            raise exception using errcode = 'ARCH1', message = counted::text;
        exception when sqlstate 'ARCH1' then return sqlerrm; when others then return sqlstate; end;
    end $f$;
    grant usage on schema architrave_attack to public;
    grant execute on function architrave_attack.outcome(text) to public;
    reset session_replication_role";

/// How each statement of the actor ends after those before it; none when that could not be told.
pub(super) async fn outcomes(
    arena: &mut Arena,
    before: &[Move],
    actor: ActorKind,
    statements: &[&str],
) -> Result<Option<Vec<String>>, AttackError> {
    let mut moves = before.to_vec();
    for chunk in statements.chunks(EACH) {
        let calls: Vec<String> = chunk.iter().map(|s| format!("architrave_attack.outcome({})", quote_literal(s))).collect();
        moves.push(Move::by(actor, format!("select {}", calls.join(", "))));
    }
    let played = arena.play(&moves).await?;
    let answers = (before.len()..moves.len()).flat_map(|at| played.rows(at).first().cloned().unwrap_or_default());
    let all: Vec<String> = answers.flatten().collect();
    Ok((all.len() == statements.len()).then_some(all))
}
