//! What is reviewed: the user's own objects, not those of extensions, platforms and migration runners.

use architrave_model::catalog::{Persistence, Schema, Table};
use architrave_model::platform::{Platform, is_history_table, is_platform_schema};
use architrave_model::{Catalog, Context};

/// Schemas of Supabase whose names people choose as well: a platform's only where Supabase is.
const SUPABASE: &[&str] = &["auth", "extensions", "realtime", "storage", "vault"];

/// What of one catalogue is reviewed.
pub(crate) struct Scope<'a> {
    catalog: &'a Catalog,
    supabase: bool,
}

impl<'a> Scope<'a> {
    pub(crate) fn of(catalog: &'a Catalog, context: &Context<'_>) -> Self {
        let role = |name: &str| catalog.role(name).is_some();
        let supabase = context.server.platform == Platform::Supabase
            || role("supabase_admin")
            || role("supabase_auth_admin")
            || context.stack.named("Supabase").is_some();
        Self { catalog, supabase }
    }

    /// Whether objects of that schema are reviewed.
    pub(crate) fn covers(&self, schema: &str) -> bool {
        let owned = self.catalog.schemas.binary_search_by(|s| s.name.as_str().cmp(schema));
        let of_extension = owned.ok().and_then(|at| self.catalog.schemas.get(at)).is_some_and(|s| s.extension.is_some());
        let platform = if SUPABASE.contains(&schema) { self.supabase } else { is_platform_schema(schema) };
        !platform && !of_extension
    }

    /// Reviewed schemas.
    pub(crate) fn schemas(&self) -> impl Iterator<Item = &'a Schema> {
        self.catalog.schemas.iter().filter(|s| self.covers(&s.name))
    }

    /// Whether the table is reviewed: no partition (its parent speaks), nothing foreign, temporary, an extension's or a runner's.
    pub(crate) fn reviews(&self, table: &Table) -> bool {
        !table.is_partition
            && table.kind != architrave_model::catalog::TableKind::Foreign
            && table.extension.is_none()
            && table.persistence != Persistence::Temporary
            && self.covers(&table.name.schema)
            && !is_history_table(&table.name.name)
    }

    /// Reviewed tables.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &'a Table> {
        self.catalog.tables.iter().filter(|t| self.reviews(t))
    }
}
