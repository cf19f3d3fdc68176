//! What an actor is meant to be able to do with a row, by the intent.

use architrave_model::QualifiedName;
use architrave_model::access::{ActorKind, Intent, RelationIntent, Scope};

/// Whether something is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    Yes,
    No,
    /// Nothing tells whose the rows are.
    Unknown,
}

/// Scopes through parents end here: chains of foreign keys are short, and cycles exist.
const LONGEST_CHAIN: usize = 8;

/// Whether the actor is meant to read a row of `of`.
pub(super) fn may_read(intent: &Intent, relation: &QualifiedName, actor: ActorKind, of: ActorKind, public: bool) -> Meant {
    if actor == ActorKind::Service || public {
        return Meant::Yes;
    }
    let Some(meant) = intent.of(relation) else { return of_people(intent, relation, actor, of) };
    if meant.read_by_all {
        return Meant::Yes;
    }
    match &meant.scope {
        Scope::Public => Meant::Yes,
        Scope::SignedIn => yes_if(actor != ActorKind::Anonymous),
        _ => belongs(intent, meant, actor, of, false, LONGEST_CHAIN),
    }
}

/// Whether the actor is meant to change, delete or make a row of `of`.
pub(super) fn may_write(intent: &Intent, relation: &QualifiedName, actor: ActorKind, of: ActorKind) -> Meant {
    if actor == ActorKind::Service {
        return Meant::Yes;
    }
    let Some(meant) = intent.of(relation) else { return of_people(intent, relation, actor, of) };
    match &meant.scope {
        Scope::SignedIn => yes_if(actor == of && actor != ActorKind::Anonymous),
        _ => belongs(intent, meant, actor, of, true, LONGEST_CHAIN),
    }
}

/// The table of the users holds one row of each, whatever else is known.
fn of_people(intent: &Intent, relation: &QualifiedName, actor: ActorKind, of: ActorKind) -> Meant {
    let people = intent.identity.users.iter().chain(&intent.identity.profiles).any(|(table, _)| table == relation);
    if people { yes_if(actor == of && actor != ActorKind::Anonymous) } else { Meant::Unknown }
}

fn belongs(intent: &Intent, meant: &RelationIntent, actor: ActorKind, of: ActorKind, write: bool, left: usize) -> Meant {
    match &meant.scope {
        Scope::Owner { .. } => yes_if(actor == of && actor != ActorKind::Anonymous),
        Scope::Tenant { membership, .. } => {
            let same = tenant_of(actor).is_some() && tenant_of(actor) == tenant_of(of);
            let least = membership.and_then(|at| intent.memberships.get(at)).and_then(|m| m.roles.last());
            let writer = least.is_none_or(|role| meant.writers.is_empty() || meant.writers.contains(role));
            yes_if(same && (!write || actor != ActorKind::Member || writer))
        }
        Scope::Through { parent, .. } => match intent.of(parent) {
            Some(parent) if left > 0 => belongs(intent, parent, actor, of, write, left - 1),
            _ => Meant::Unknown,
        },
        Scope::Public | Scope::Internal => Meant::No,
        Scope::SignedIn => yes_if(actor != ActorKind::Anonymous && (!write || actor == of)),
        Scope::Unknown => Meant::Unknown,
    }
}

/// The tenant that an actor belongs to: the first is the victim's.
fn tenant_of(actor: ActorKind) -> Option<u8> {
    match actor {
        ActorKind::Owner | ActorKind::Member => Some(1),
        ActorKind::Outsider => Some(2),
        ActorKind::Anonymous | ActorKind::Service => None,
    }
}

fn yes_if(it: bool) -> Meant {
    if it { Meant::Yes } else { Meant::No }
}

/// Whose rows an actor's cell is about: his own for the owner and the service, else those of everybody else in the victim's tenant.
pub(super) fn is_target_of(actor: ActorKind, of: ActorKind) -> bool {
    match actor {
        ActorKind::Owner | ActorKind::Service | ActorKind::Member => of == ActorKind::Owner,
        ActorKind::Outsider | ActorKind::Anonymous => matches!(of, ActorKind::Owner | ActorKind::Member),
    }
}
