//! Rules on views and materialized views.

mod check_option_missing;
mod materialized_chain;
mod materialized_without_unique_index;
mod nested_deeply;
mod never_populated;
mod security_barrier_missing;
mod security_invoker_missing;
mod stored_past_row_security;
mod users_exposed;

use crate::body::{Token, calls};
use architrave_model::catalog::View;
use architrave_model::name::ObjectRef;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Context, ObjectKind, Rule};

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &check_option_missing::RULE,
    &materialized_chain::RULE,
    &materialized_without_unique_index::RULE,
    &nested_deeply::RULE,
    &never_populated::RULE,
    &security_barrier_missing::RULE,
    &security_invoker_missing::RULE,
    &stored_past_row_security::RULE,
    &users_exposed::RULE,
];

/// Views that are reviewed.
fn reviewed<'a>(catalog: &'a Catalog, context: &Context<'_>) -> impl Iterator<Item = &'a View> {
    let scope = Scope::of(catalog, context);
    catalog.views.iter().filter(move |v| v.extension.is_none() && scope.covers(&v.name.schema))
}

/// The reference to a view.
fn object(view: &View) -> ObjectRef {
    let kind = if view.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
    ObjectRef::in_schema(kind, &view.name.schema, &view.name.name)
}

/// Grantees other than the owner with one of these privileges, sorted.
fn others_with(view: &View, privileges: &[&str]) -> Vec<String> {
    let holds = view.grants.iter().filter(|g| g.grantee != view.owner && privileges.iter().any(|p| g.has(p)));
    let mut names: Vec<String> = holds.map(|g| g.grantee.clone()).filter(|g| g != "service_role").collect();
    names.sort();
    names.dedup();
    names
}

/// A query over one relation with a condition and nothing that keeps PostgreSQL from writing through it.
fn is_simple(definition: &[Token], view: &View) -> bool {
    const NOT_UPDATABLE: &[&str] =
        &["group", "having", "distinct", "limit", "offset", "fetch", "union", "intersect", "except", "with", "over", "join", "values"];
    const AGGREGATES: &[&str] = &[
        "count",
        "sum",
        "min",
        "max",
        "avg",
        "array_agg",
        "string_agg",
        "jsonb_agg",
        "json_agg",
        "bool_and",
        "bool_or",
        "unnest",
        "generate_series",
    ];
    let has = |word: &str| definition.iter().any(|t| t.is(word));
    view.depends_on.len() == 1
        && has("where")
        && definition.iter().filter(|t| t.is("from")).count() == 1
        && !NOT_UPDATABLE.iter().any(|w| has(w))
        && !calls(definition).any(|(_, name)| AGGREGATES.contains(&name))
}
