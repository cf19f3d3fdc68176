//! Drift: what the project's scripts make against what the live database holds.

use architrave_model::Catalog;
use architrave_model::catalog::compare::{Difference, Ignore, differences};
use architrave_model::platform::is_history_table;
use architrave_model::review::{Target, TargetKind};
use architrave_model::scope::Scope;
use architrave_model::stack::Stack;

/// Differences per target; none where there is nothing to compare: only live databases (and snapshots) beside exactly one project
/// database are compared.
pub(super) fn between(targets: &[Target], stack: &Stack) -> Vec<Option<Vec<Difference>>> {
    let mut projects = targets.iter().filter(|t| t.kind == TargetKind::Project);
    let (project, more) = (projects.next(), projects.next());
    let Some(project) = project.filter(|_| more.is_none()) else { return vec![None; targets.len()] };
    let wanted = own_part(project, stack);
    let one = |target: &Target| match target.kind {
        TargetKind::Database | TargetKind::Snapshot => {
            let ignore = Ignore { roles: true, privileges: true, comments: false };
            Some(differences(&wanted, &own_part(target, stack), ignore))
        }
        TargetKind::Project | TargetKind::SqlFile => None,
    };
    targets.iter().map(one).collect()
}

/// Without what platforms and migration runners keep for themselves.
fn own_part(target: &Target, stack: &Stack) -> Catalog {
    let catalog = &target.snapshot.catalog;
    let scope = Scope::new(catalog, target.snapshot.server.platform, stack);
    let own = |schema: &str| scope.covers(schema);
    let mut part = catalog.clone();
    part.schemas.retain(|s| own(&s.name));
    part.tables.retain(|t| own(&t.name.schema) && !is_history_table(&t.name.name));
    part.views.retain(|v| own(&v.name.schema));
    part.sequences.retain(|s| {
        let of_history = s.owned_by_table.as_ref().is_some_and(|t| is_history_table(&t.name));
        own(&s.name.schema) && !of_history
    });
    part.types.retain(|t| own(&t.name.schema));
    part.functions.retain(|f| own(&f.name.schema));
    part.extensions.clear();
    part.publications.clear();
    part.event_triggers.clear();
    part
}
