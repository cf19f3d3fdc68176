//! Who can reach a database from outside: the Data API of Supabase and of PostgREST alike.

use architrave_model::Catalog;
use architrave_model::context::Exposure;
use architrave_model::project::{MigrationFormat, ProjectDatabase};

/// Roles that such an API lets outsiders and users act as.
const API_ROLES: [&str; 3] = ["anon", "authenticated", "web_anon"];

/// From a project's configuration.
pub(crate) fn of_project(database: &ProjectDatabase, catalog: &Catalog) -> Exposure {
    if database.format != MigrationFormat::Supabase {
        return of_catalog(catalog);
    }
    let mut schemas = database.api_schemas.clone();
    if schemas.is_empty() {
        schemas = vec!["public".to_owned(), "graphql_public".to_owned()];
    }
    Exposure { schemas, roles: roles(catalog) }
}

/// From what a catalogue itself tells: API roles, and the schemas that the authenticator is configured to serve.
pub(crate) fn of_catalog(catalog: &Catalog) -> Exposure {
    let roles = roles(catalog);
    let Some(authenticator) = catalog.role("authenticator") else { return Exposure::default() };
    let configured = authenticator.config.iter().find_map(|c| c.strip_prefix("pgrst.db_schemas="));
    let listed = |text: &str| text.split(',').map(|s| s.trim().trim_matches('"').to_owned()).filter(|s| !s.is_empty()).collect();
    let schemas = configured.map_or_else(|| vec!["public".to_owned()], listed);
    Exposure { schemas, roles }
}

fn roles(catalog: &Catalog) -> Vec<String> {
    API_ROLES.iter().filter(|name| catalog.role(name).is_some()).map(|name| (*name).to_owned()).collect()
}
