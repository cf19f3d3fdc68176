//! Statements that only need to be apart, or to give up waiting.

use super::{Ground, brief, outside};
use architrave_model::migration::{Action, Migrations, SafeVersion, Step};

/// The statement in a file of its own, with a lock timeout: what it holds is released before the next one starts. None for one that runs alone
/// already.
pub fn apart(migrations: &Migrations, at: usize) -> Option<SafeVersion> {
    let ground = Ground::new(migrations, at)?;
    if migrations.together(ground.step).len() < 2 {
        return None;
    }
    let concurrent = ground.step.effect.waits_for_older;
    let statements = vec![ground.step.text.clone()];
    let file = if concurrent {
        outside(title_of(ground.step), statements, Vec::new())
    } else {
        brief(title_of(ground.step), statements, Vec::new())
    };
    ground.instead(vec![file])
}

/// The statement as it is with a lock timeout in its transaction. None where a lock timeout does harm (CONCURRENTLY).
pub fn with_lock_timeout(migrations: &Migrations, at: usize) -> Option<SafeVersion> {
    let ground = Ground::new(migrations, at)?;
    if ground.step.effect.waits_for_older {
        return None;
    }
    ground.instead(vec![brief(title_of(ground.step), vec![ground.step.text.clone()], Vec::new())])
}

/// A few words for a file name.
pub(super) fn title_of(step: &Step) -> String {
    let target = step.actions.iter().find_map(Action::table);
    let is_target = |word: &String| target.is_some_and(|t| *word == t.name || *word == t.schema);
    let mut verb = super::words::words(&step.text)
        .iter()
        .map_while(super::words::Word::name)
        .take_while(|w| !is_target(w))
        .take(3)
        .collect::<Vec<_>>();
    if verb.first().is_some_and(|w| w == "do") {
        verb.push("block".to_owned());
    }
    if verb.get(1).is_none_or(|w| w != "unique") {
        verb.truncate(2);
    }
    verb.extend(target.map(|t| t.name.clone()));
    verb.join(" ")
}
