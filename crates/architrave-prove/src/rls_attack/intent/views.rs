//! Views: their rows belong to whom the rows below belong, as far as the columns that say so come through.

use super::schema;
use architrave_model::access::{RelationIntent, Scope, Source};
use architrave_model::catalog::{Catalog, View};
use architrave_model::context::Exposure;

/// The intents of the project's views, given those of its tables.
pub(super) fn of_views(catalog: &Catalog, exposure: &Exposure, tables: &[RelationIntent]) -> Vec<RelationIntent> {
    let own = catalog.views.iter().filter(|v| v.extension.is_none() && schema::covers(catalog, &v.name.schema));
    own.map(|view| of_view(view, exposure, tables)).collect()
}

fn of_view(view: &View, exposure: &Exposure, tables: &[RelationIntent]) -> RelationIntent {
    let below: Vec<&RelationIntent> = tables.iter().filter(|t| view.depends_on.contains(&t.relation)).collect();
    let has = |column: &String| view.columns.iter().any(|c| c.name == *column);
    let comes_through = |intent: &&&RelationIntent| match &intent.scope {
        Scope::Owner { column } | Scope::Tenant { column, .. } => has(column),
        Scope::Through { columns, .. } => columns.iter().all(has),
        _ => false,
    };
    let owned = |intent: &&RelationIntent| matches!(intent.scope, Scope::Owner { .. } | Scope::Tenant { .. } | Scope::Through { .. });
    let mut public_when = None;
    let mut read_by_all = false;
    let (scope, from) = if let Some(base) = below.iter().find(comes_through) {
        read_by_all = base.read_by_all && below.iter().filter(|b| owned(b)).count() == 1;
        public_when.clone_from(&base.public_when);
        (base.scope.clone(), format!("reads {}", base.relation))
    } else if !exposure.is_none() && exposure.of_view(view).is_empty() {
        (Scope::Internal, "no privilege for a role of the API".to_owned())
    } else if !below.is_empty() && below.iter().all(|b| b.scope == Scope::Public) {
        (Scope::Public, "reads nothing but public rows".to_owned())
    } else {
        (Scope::Unknown, "the columns that say whose the rows are do not come through".to_owned())
    };
    RelationIntent {
        relation: view.name.clone(),
        scope,
        public_when: public_when.filter(|condition: &String| view.columns.iter().any(|c| condition.contains(&c.name))),
        read_by_all,
        writers: Vec::new(),
        privileged: Vec::new(),
        source: Source::Inferred { from: vec![from] },
    }
}
