//! Who is meant to see and change the rows of each relation, read off policies, foreign keys and names; what somebody has stated goes first.
//!
//! Policies are read as PostgreSQL prints them, helper functions looked through, and taken apart into *ways*: alternatives of facts that must all
//! hold (`ways`). Each way binds a row to somebody or does not (`links`). What a policy does not say, foreign keys and names do (`scopes`).

mod identity;
pub(crate) mod links;
pub(crate) mod memberships;
pub(crate) mod names;
pub(crate) mod policies;
mod privileged;
mod routines;
pub(crate) mod schema;
mod scopes;
mod stated;
mod terms;
#[cfg(test)]
mod tests;
mod views;
pub(crate) mod ways;

use architrave_model::access::{Intent, Scope, Stated};
use architrave_model::context::Exposure;
use architrave_model::{Catalog, Gap};

/// Infers what is meant. `clerk` says that users come from Clerk, whose ids are texts.
pub fn infer(catalog: &Catalog, exposure: &Exposure, stated: &Stated, clerk: bool) -> Intent {
    let policies = policies::Policies::read(catalog);
    let (mut identity, who) = identity::identity(catalog, &policies, stated, clerk);
    let memberships = memberships::memberships(catalog, &policies, &who, &mut identity, stated);
    let ground =
        scopes::Ground { catalog, exposure, policies: &policies, who: &who, identity: &identity, memberships: &memberships, bucket: None };
    let mut relations = scopes::of_tables(&ground);
    let buckets = scopes::of_buckets(&ground);
    if identity.tenant_type.is_empty() {
        identity.tenant_type = tenant_type(catalog, &relations);
    }
    relations.extend(views::of_views(catalog, exposure, &relations));
    relations.sort_by(|a, b| a.relation.cmp(&b.relation));
    let mut intent = Intent { identity, memberships, relations, buckets };
    stated::apply(catalog, stated, &mut intent);
    intent
}

/// What `[access]` of `architrave.toml` states about things that are not there: each with place and reason.
pub fn unmatched(catalog: &Catalog, stated: &Stated) -> Vec<Gap> {
    stated::unmatched(catalog, stated)
}

/// Places in the claims that stand for the user, besides `sub`.
pub(crate) fn user_claims(catalog: &Catalog) -> Vec<Vec<String>> {
    identity::user_claims(catalog, &policies::Policies::read(catalog))
}

/// The type of the first column that holds a tenant, where no table of tenants tells it.
fn tenant_type(catalog: &Catalog, relations: &[architrave_model::access::RelationIntent]) -> String {
    let column = |r: &architrave_model::access::RelationIntent| match &r.scope {
        Scope::Tenant { column, .. } if r.relation.schema != "storage" => {
            schema::column(catalog, &r.relation, column).map(|c| c.data_type.clone())
        }
        _ => None,
    };
    relations.iter().find_map(column).unwrap_or_default()
}
