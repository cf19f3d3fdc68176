//! What is reviewed: the user's own objects, not those of extensions, platforms and migration runners.

use architrave_model::catalog::{Persistence, Schema, Table};
use architrave_model::platform::Platform;
use architrave_model::{Catalog, Context, QualifiedName};

/// Schemas that a platform, an extension or a runner owns wherever they occur, sorted.
const PLATFORM: &[&str] = &[
    "_analytics",
    "_heroku",
    "_realtime",
    "_supavisor",
    "_timescaledb_cache",
    "_timescaledb_catalog",
    "_timescaledb_config",
    "_timescaledb_functions",
    "_timescaledb_internal",
    "aws_commons",
    "aws_lambda",
    "aws_s3",
    "columnar_internal",
    "cron",
    "drizzle",
    "graphile_worker",
    "graphql",
    "graphql_public",
    "hdb_catalog",
    "hdb_views",
    "information_schema",
    "neon",
    "neon_auth",
    "net",
    "partman",
    "pgagent",
    "pgboss",
    "pgbouncer",
    "pglogical",
    "pgmq",
    "pgmq_public",
    "pgsodium",
    "pgsodium_masks",
    "pgtle",
    "rdsadmin",
    "repack",
    "supabase_functions",
    "supabase_migrations",
    "tiger",
    "tiger_data",
    "timescaledb_experimental",
    "timescaledb_information",
    "topology",
];

/// Schemas of Supabase whose names a user may have chosen as well, sorted.
const SUPABASE: &[&str] = &["auth", "extensions", "realtime", "storage", "vault"];

/// Tables in which migration runners keep their books, sorted.
const HISTORY: &[&str] = &[
    "__diesel_schema_migrations",
    "__drizzle_migrations",
    "__efmigrationshistory",
    "_prisma_migrations",
    "_sqlx_migrations",
    "_yoyo_log",
    "_yoyo_migration",
    "_yoyo_version",
    "alembic_version",
    "ar_internal_metadata",
    "databasechangelog",
    "databasechangeloglock",
    "django_migrations",
    "flyway_schema_history",
    "goose_db_version",
    "gorp_migrations",
    "knex_migrations",
    "knex_migrations_lock",
    "kysely_migration",
    "kysely_migration_lock",
    "migrations",
    "mikro_orm_migrations",
    "node_pgmigrations",
    "pgmigrations",
    "refinery_schema_history",
    "schema_migrations",
    "schema_version",
    "seaql_migrations",
    "sequelizemeta",
    "typeorm_metadata",
    "yoyo_lock",
];

/// Whether a schema of that name belongs to a platform, an extension or a runner and is not reviewed.
///
/// By name alone; some names (`auth`, `storage` …) are also chosen by people, and a run that knows the catalogue tells them apart.
pub fn is_platform_schema(name: &str) -> bool {
    PLATFORM.binary_search(&name).is_ok() || SUPABASE.binary_search(&name).is_ok() || name.starts_with("pg_")
}

/// Whether the table is a migration runner's history.
pub fn is_history_table(table: &QualifiedName) -> bool {
    let name = table.name.to_lowercase();
    HISTORY.binary_search(&name.as_str()).is_ok()
}

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
            || (role("anon") && role("authenticated"))
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
            && !is_history_table(&table.name)
    }

    /// Reviewed tables.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &'a Table> {
        self.catalog.tables.iter().filter(|t| self.reviews(t))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_for_the_search() {
        assert!(PLATFORM.is_sorted() && SUPABASE.is_sorted() && HISTORY.is_sorted());
    }

    #[test]
    fn platforms_and_runners_are_told_by_name() {
        assert!(is_platform_schema("auth") && is_platform_schema("hdb_catalog") && is_platform_schema("pg_temp_3"));
        assert!(!is_platform_schema("public") && !is_platform_schema("billing"));
        assert!(is_history_table(&QualifiedName::new("public", "_prisma_migrations")));
        assert!(is_history_table(&QualifiedName::new("public", "__EFMigrationsHistory")));
        assert!(!is_history_table(&QualifiedName::new("public", "orders")));
    }
}
