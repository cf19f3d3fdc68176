//! The matrix: every target × command × actor, one cell each. Nothing is prepared before a statement here; that is the search's part.

mod arguments;
mod barrier;
mod functions;
mod hanging;
mod reads;
mod rests;
mod topics;
mod trial;
mod views;
mod writes;

pub(super) use arguments::parameters;
pub(super) use functions::callable;
pub(super) use reads::{Seen, read_trial, seen_rows, targets};
pub(super) use trial::{Attempt, Sign, Trial, attempt};
pub(super) use writes::foreign_row_trials;

use super::AttackError;
use super::arena::Arena;
use super::book::Book;
use super::case::{Case, Ground};
use super::intent::names;
use super::meaning::Meant;
use architrave_model::access::{Actor, ActorKind, CellVerdict, Command, RelationIntent, Scope, Source, Target};
use architrave_model::catalog::{Policy, PolicyCommand};
use architrave_model::finding::Severity;
use architrave_model::name::quote_literal;
use architrave_postgres::server::Progress;

/// Who writes what where.
pub(super) struct Desk<'c, 'a> {
    pub(super) case: &'c Case<'a>,
    pub(super) arena: &'c mut Arena,
    pub(super) book: &'c mut Book,
}

/// Fills all cells.
pub(super) async fn fill(case: &Case<'_>, arena: &mut Arena, book: &mut Book, progress: &dyn Progress) -> Result<(), AttackError> {
    let mut desk = Desk { case, arena, book };
    for ground in &case.grounds {
        for actor in case.actors() {
            desk.ground(ground, actor).await?;
        }
        progress.advance(1);
    }
    views::fill(&mut desk).await?;
    functions::fill(&mut desk).await?;
    topics::fill(&mut desk).await
}

/// Commands on tables, in the report's order.
pub(super) const ON_TABLES: [Command; 7] =
    [Command::Select, Command::Insert, Command::Update, Command::Delete, Command::Upsert, Command::Returning, Command::Truncate];

impl Desk<'_, '_> {
    async fn ground(&mut self, ground: &Ground<'_>, actor: &Actor) -> Result<(), AttackError> {
        for command in ON_TABLES {
            if command == Command::Truncate && matches!(ground.target, Target::Bucket { .. }) {
                continue;
            }
            if let Some(why) = self.not_tried(actor) {
                self.book.plain(&ground.target, command, actor.kind, CellVerdict::NotDecided, why);
                continue;
            }
            if let Some(lacks) = self.case.privileges.lacks(&actor.role, &ground.table.name, command) {
                self.book.plain(&ground.target, command, actor.kind, CellVerdict::Denied, lacks);
                continue;
            }
            if command == Command::Truncate && actor.kind != ActorKind::Service && self.case.is_platform_grant(ground.table, &actor.role) {
                let why = "GRANT ALL holds TRUNCATE, which row level security does not bind; the API sends none, a function with dynamic SQL would";
                self.book.plain(&ground.target, command, actor.kind, CellVerdict::Open, why);
                continue;
            }
            match command {
                Command::Select => self.select(ground, actor).await?,
                _ => self.write(ground, actor, command).await?,
            }
        }
        Ok(())
    }

    /// Why nothing can be tried as this actor now.
    pub(super) fn not_tried(&self, actor: &Actor) -> Option<String> {
        if !self.case.privileges.role_exists(&actor.role) {
            return Some(format!("there is no role {} that could be attacked as", actor.role));
        }
        self.arena.out_of_time()
    }
}

/// What the policies that bind an actor for a command say in so many words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// Row level security does not bind the role.
    Unbound,
    /// A permissive policy is literally `true`.
    Everybody,
    /// Conditions.
    Conditions,
}

/// Reads off what binds the actor.
pub(super) fn words(case: &Case<'_>, ground: &Ground<'_>, role: &str, command: Command) -> Words {
    if case.privileges.of(role, &ground.table.name).is_none_or(|p| !p.bound) {
        return Words::Unbound;
    }
    let policies = case.policies(ground.table, role, policy_command(command));
    let ownerless = case.intent_of(ground).of(&ground.table.name).is_some_and(|i| is_ownerless(&i.scope));
    let asks_nothing = |p: &&Policy| {
        is_true(p, command) || asks_for_bucket_only(case, ground, p, command) || (ownerless && asks_to_be_signed_in(p, command))
    };
    let literal = policies.iter().filter(|p| p.permissive).any(asks_nothing);
    let restricted = policies.iter().any(|p| !p.permissive);
    if literal && !restricted { Words::Everybody } else { Words::Conditions }
}

fn is_true(policy: &Policy, command: Command) -> bool {
    let says = |text: Option<&String>| text.is_some_and(|t| t.trim_matches(['(', ')', ' ']).eq_ignore_ascii_case("true"));
    match command {
        Command::Insert | Command::Upsert => says(policy.with_check.as_ref().or(policy.using.as_ref())),
        Command::Update => says(policy.using.as_ref()) && policy.with_check.as_ref().is_none_or(|c| says(Some(c))),
        _ => says(policy.using.as_ref()),
    }
}

/// Whether a policy opens a whole bucket, of which nothing else tells whose the objects in it are.
fn asks_for_bucket_only(case: &Case<'_>, ground: &Ground<'_>, policy: &Policy, command: Command) -> bool {
    let Target::Bucket { id } = &ground.target else { return false };
    let known = case.intent_of(ground).of(&ground.table.name).is_some_and(|i| i.scope != Scope::Unknown);
    let only = format!("bucket_id = {}::text", quote_literal(id));
    let says = |text: Option<&String>| text.is_some_and(|t| t.trim_matches(['(', ')', ' ']) == only);
    let reads = !matches!(command, Command::Insert);
    let text = if reads { policy.using.as_ref() } else { policy.with_check.as_ref().or(policy.using.as_ref()) };
    !known && says(text)
}

/// Whether all that a policy asks for is that somebody is signed in.
fn asks_to_be_signed_in(policy: &Policy, command: Command) -> bool {
    let says = |text: Option<&String>| {
        text.is_some_and(|t| {
            let bare: String = t.to_lowercase().chars().filter(|c| !matches!(c, '(' | ')' | ' ')).collect();
            matches!(
                bare.as_str(),
                "auth.role='authenticated'::text"
                    | "auth.uidisnotnull"
                    | "selectauth.uidasuidisnotnull"
                    | "selectauth.roleasrole='authenticated'::text"
            )
        })
    };
    match command {
        Command::Insert => says(policy.with_check.as_ref().or(policy.using.as_ref())),
        _ => says(policy.using.as_ref()) && policy.with_check.as_ref().is_none_or(|c| says(Some(c))),
    }
}

/// The command whose policies decide.
pub(super) fn policy_command(command: Command) -> PolicyCommand {
    match command {
        Command::Insert => PolicyCommand::Insert,
        Command::Update | Command::Upsert => PolicyCommand::Update,
        Command::Delete | Command::Truncate => PolicyCommand::Delete,
        Command::Select | Command::Returning | Command::Execute => PolicyCommand::Select,
    }
}

/// The verdict on rows that were reached though they are not, or not surely, meant for the actor.
pub(super) fn verdict_on_reached(
    case: &Case<'_>,
    ground: &Ground<'_>,
    command: Command,
    (actor, meant): (ActorKind, Meant),
    words: Words,
) -> CellVerdict {
    let root = ground.rows.first().map_or(&ground.table.name, |k| &k.row.table);
    let intent = case.intent_of(ground).of(&ground.table.name).or_else(|| case.intent_of(ground).of(root));
    let stated = intent.is_some_and(|i| matches!(i.source, Source::Stated { .. }));
    // Among those who are signed in, a policy that says `true` outweighs what only a foreign key hints at.
    let ownerless = intent.is_none_or(|i| is_ownerless(&i.scope) || (actor != ActorKind::Anonymous && is_hint(i)));
    let reads = matches!(command, Command::Select | Command::Returning);
    match (meant, words) {
        (Meant::Yes, _) => CellVerdict::Allowed,
        (Meant::No, Words::Everybody) if !stated && (reads || ownerless) => CellVerdict::Open,
        (Meant::Unknown, Words::Everybody) => CellVerdict::Open,
        (Meant::Unknown, Words::Unbound) if reads => CellVerdict::Open,
        (Meant::No, _) | (Meant::Unknown, Words::Unbound) => CellVerdict::Leak,
        // They are the victim's own, as far as they are anybody's.
        (Meant::Unknown, Words::Conditions) if actor == ActorKind::Owner => CellVerdict::Allowed,
        (Meant::Unknown, Words::Conditions) => CellVerdict::NotDecided,
    }
}

/// Whether rows belong to nobody.
fn is_ownerless(scope: &Scope) -> bool {
    matches!(scope, Scope::Public | Scope::SignedIn | Scope::Internal | Scope::Unknown)
}

/// Whether nothing but a foreign key tells whose the rows are, and it names who did something or another row rather than an owner.
fn is_hint(intent: &RelationIntent) -> bool {
    let Source::Inferred { from } = &intent.source else { return false };
    let by_structure = from.first().is_some_and(|f| f.starts_with("foreign key "));
    by_structure
        && match &intent.scope {
            Scope::Owner { column } => names::is_maker(column) || column.ends_with("_by"),
            Scope::Through { .. } => true,
            _ => false,
        }
}

/// How bad it is when this actor does that to rows that are not his.
pub(super) fn severity(actor: ActorKind, command: Command) -> Severity {
    match (actor, command) {
        (ActorKind::Anonymous, _) | (ActorKind::Outsider, Command::Update | Command::Delete | Command::Upsert | Command::Truncate) => {
            Severity::Critical
        }
        (ActorKind::Member, _) => Severity::Medium,
        _ => Severity::High,
    }
}
