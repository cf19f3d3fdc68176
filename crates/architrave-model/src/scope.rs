//! What is reviewed: the user's own objects, not those of extensions, platforms and migration runners.

use crate::catalog::{Catalog, Persistence, Schema, Table, TableKind};
use crate::context::Context;
use crate::platform::{Platform, is_history_table, is_platform_schema};
use crate::stack::Stack;

/// Schemas of Supabase whose names people choose as well: a platform's only where Supabase is.
const SUPABASE: &[&str] = &["auth", "extensions", "realtime", "storage", "vault"];

/// What of one catalogue is reviewed.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    catalog: &'a Catalog,
    supabase: bool,
}

impl<'a> Scope<'a> {
    /// The scope that a rule works in.
    pub fn of(catalog: &'a Catalog, context: &Context<'_>) -> Self {
        Self::new(catalog, context.server.platform, context.stack)
    }

    /// The scope of a catalogue on a platform; the stack tells whether a project is made for Supabase.
    pub fn new(catalog: &'a Catalog, platform: Platform, stack: &Stack) -> Self {
        let role = |name: &str| catalog.role(name).is_some();
        let supabase =
            platform == Platform::Supabase || role("supabase_admin") || role("supabase_auth_admin") || stack.named("Supabase").is_some();
        Self { catalog, supabase }
    }

    /// Whether objects of that schema are reviewed.
    pub fn covers(&self, schema: &str) -> bool {
        let owned = self.catalog.schemas.binary_search_by(|s| s.name.as_str().cmp(schema));
        let of_extension = owned.ok().and_then(|at| self.catalog.schemas.get(at)).is_some_and(|s| s.extension.is_some());
        let platform = if SUPABASE.contains(&schema) { self.supabase } else { is_platform_schema(schema) };
        !platform && !of_extension
    }

    /// Reviewed schemas.
    pub fn schemas(self) -> impl Iterator<Item = &'a Schema> {
        self.catalog.schemas.iter().filter(move |s| self.covers(&s.name))
    }

    /// Whether the table is reviewed: no partition (its parent speaks), nothing foreign, temporary, an extension's or a runner's.
    pub fn reviews(&self, table: &Table) -> bool {
        !table.is_partition
            && table.kind != TableKind::Foreign
            && table.extension.is_none()
            && table.persistence != Persistence::Temporary
            && self.covers(&table.name.schema)
            && !is_history_table(&table.name.name)
    }

    /// Reviewed tables.
    pub fn tables(self) -> impl Iterator<Item = &'a Table> {
        self.catalog.tables.iter().filter(move |t| self.reviews(t))
    }
}
