//! The tables in which runners write down what they have applied, and the one read-only query for each.

use architrave_model::name::QualifiedName;
use architrave_model::project::MigrationFormat;

/// The history table of a runner as it stands in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryTable {
    /// The table.
    pub table: QualifiedName,
    /// Read-only query; its columns are text: version, checksum (may be null), state (`applied`, `failed`, `undone` or `baseline`). One row for each
    /// [`super::AppliedRow`], oldest first.
    pub query: String,
}

/// A table as its runner names it.
struct Known {
    format: MigrationFormat,
    /// Schema where it always lies; none where that is configured.
    schema: Option<&'static str>,
    name: &'static str,
    /// `{}` stands for the table.
    query: &'static str,
}

const KNOWN: &[Known] = &[
    Known {
        format: MigrationFormat::Prisma,
        schema: None,
        name: "_prisma_migrations",
        query: "select migration_name::text, checksum::text, case when rolled_back_at is not null then 'undone' when finished_at is null then \
                'failed' else 'applied' end from {} order by started_at",
    },
    Known {
        format: MigrationFormat::Drizzle,
        schema: None,
        name: "__drizzle_migrations",
        query: "select created_at::text, hash::text, 'applied' from {} order by created_at",
    },
    Known {
        format: MigrationFormat::Flyway,
        schema: None,
        name: "flyway_schema_history",
        query: "select coalesce(version, script)::text, checksum::text, case when not success then 'failed' when type like 'UNDO%' or type = \
                'DELETE' then 'undone' when type like '%BASELINE' then 'baseline' else 'applied' end from {} order by installed_rank",
    },
    Known {
        format: MigrationFormat::Sqlx,
        schema: None,
        name: "_sqlx_migrations",
        query: "select version::text, encode(checksum, 'hex'), case when success then 'applied' else 'failed' end from {} order by version",
    },
    Known {
        format: MigrationFormat::Diesel,
        schema: None,
        name: "__diesel_schema_migrations",
        query: "select version::text, null::text, 'applied' from {} order by version",
    },
    Known {
        format: MigrationFormat::Dbmate,
        schema: None,
        name: "schema_migrations",
        query: "select version::text, null::text, 'applied' from {} order by version",
    },
    Known {
        format: MigrationFormat::GolangMigrate,
        schema: None,
        name: "schema_migrations",
        query: "select version::text, null::text, case when dirty then 'failed' else 'applied' end from {}",
    },
    Known {
        format: MigrationFormat::Goose,
        schema: None,
        name: "goose_db_version",
        query: "select version_id::text, null::text, case when is_applied then 'applied' else 'undone' end from {} where version_id > 0 order by id",
    },
    Known {
        format: MigrationFormat::Refinery,
        schema: None,
        name: "refinery_schema_history",
        query: "select version::text, checksum::text, 'applied' from {} order by version",
    },
    Known {
        format: MigrationFormat::Liquibase,
        schema: None,
        name: "databasechangelog",
        query: "select author || ':' || id, null::text, 'applied' from {} where exectype is distinct from 'FAILED' order by orderexecuted",
    },
    Known {
        format: MigrationFormat::Sqitch,
        schema: Some("sqitch"),
        name: "changes",
        query: "select change::text, script_hash::text, 'applied' from {} order by committed_at",
    },
    Known {
        format: MigrationFormat::Atlas,
        schema: None,
        name: "atlas_schema_revisions",
        query: "select version::text, hash::text, case when applied < total then 'failed' when type & 1 = 1 then 'baseline' else 'applied' end from \
                {} where version ~ '^[0-9]' order by version",
    },
    Known {
        format: MigrationFormat::Supabase,
        schema: Some("supabase_migrations"),
        name: "schema_migrations",
        query: "select version::text, null::text, 'applied' from {} order by version",
    },
    Known {
        format: MigrationFormat::NodePgMigrate,
        schema: None,
        name: "pgmigrations",
        query: "select name::text, null::text, 'applied' from {} order by run_on, id",
    },
    Known {
        format: MigrationFormat::Knex,
        schema: None,
        name: "knex_migrations",
        query: "select name::text, null::text, 'applied' from {} order by id",
    },
    Known {
        format: MigrationFormat::TypeOrm,
        schema: None,
        name: "migrations",
        query: "select name::text, null::text, 'applied' from {} order by \"timestamp\"",
    },
    Known {
        format: MigrationFormat::Sequelize,
        schema: None,
        name: "SequelizeMeta",
        query: "select name::text, null::text, 'applied' from {} order by name",
    },
    Known {
        format: MigrationFormat::MikroOrm,
        schema: None,
        name: "mikro_orm_migrations",
        query: "select name::text, null::text, 'applied' from {} order by id",
    },
    Known {
        format: MigrationFormat::Alembic,
        schema: None,
        name: "alembic_version",
        query: "select version_num::text, null::text, 'applied' from {} order by version_num",
    },
    Known {
        format: MigrationFormat::SqlMigrate,
        schema: None,
        name: "gorp_migrations",
        query: "select id::text, null::text, 'applied' from {} order by id",
    },
    Known {
        format: MigrationFormat::Tern,
        schema: None,
        name: "schema_version",
        query: "select version::text, null::text, 'applied' from {}",
    },
    Known {
        format: MigrationFormat::GraphileMigrate,
        schema: Some("graphile_migrate"),
        name: "migrations",
        query: "select filename::text, hash::text, 'applied' from {} order by filename",
    },
    Known {
        format: MigrationFormat::Hasura,
        schema: Some("hdb_catalog"),
        name: "hdb_version",
        query: "select m.key::text, null::text, case when m.value::text = 'true' then 'failed' else 'applied' end from {} v, lateral \
                jsonb_each(v.cli_state -> 'migrations') d, lateral jsonb_each(d.value) m order by m.key",
    },
];

/// The history table of a format among the tables of a database, with the query that reads it; none when the format has none or it is not there.
/// Where it lies in more than one schema, the first of `tables` counts: give those of the search path first.
pub fn history_table<'a>(format: MigrationFormat, tables: impl IntoIterator<Item = &'a QualifiedName>) -> Option<HistoryTable> {
    let known = KNOWN.iter().find(|k| k.format == format)?;
    let is_it = |t: &&QualifiedName| t.name == known.name && known.schema.is_none_or(|schema| t.schema == schema);
    let table = tables.into_iter().find(is_it)?;
    Some(HistoryTable { table: table.clone(), query: known.query.replace("{}", &table.sql()) })
}

/// Where the table of a format is expected, for people: `_prisma_migrations`, `sqitch.changes`; none when the format has none.
pub fn expected_table(format: MigrationFormat) -> Option<String> {
    let known = KNOWN.iter().find(|k| k.format == format)?;
    Some(known.schema.map_or_else(|| known.name.to_owned(), |schema| format!("{schema}.{}", known.name)))
}
