//! A project directory as read: databases it defines, stack facts, house rules.

use crate::access::Stated;
use crate::brief::Brief;
use crate::coverage::Gap;
use crate::house::HouseRules;
use crate::script::{Location, Script};
use crate::stack::Stack;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A format of migrations or schema files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "product names")]
pub enum MigrationFormat {
    Supabase,
    Prisma,
    Drizzle,
    Sqlx,
    Diesel,
    Dbmate,
    Goose,
    GolangMigrate,
    Flyway,
    NodePgMigrate,
    /// SQL files with `--changeset` marks.
    Liquibase,
    Sqitch,
    Refinery,
    Atlas,
    /// `db/structure.sql` of Active Record.
    RailsStructure,
    GraphileMigrate,
    Hasura,
    SqlMigrate,
    Tern,
    Knex,
    TypeOrm,
    Sequelize,
    MikroOrm,
    Alembic,
    /// Numbered `.sql` files in a folder.
    NumberedSql,
    /// One `schema.sql` or `structure.sql`.
    SchemaFile,
    /// Plain output of `pg_dump`.
    PgDump,
}

impl MigrationFormat {
    /// Product name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Supabase => "Supabase migrations",
            Self::Prisma => "Prisma Migrate",
            Self::Drizzle => "Drizzle Kit",
            Self::Sqlx => "sqlx",
            Self::Diesel => "Diesel",
            Self::Dbmate => "dbmate",
            Self::Goose => "goose",
            Self::GolangMigrate => "golang-migrate",
            Self::Flyway => "Flyway",
            Self::NodePgMigrate => "node-pg-migrate",
            Self::Liquibase => "Liquibase",
            Self::Sqitch => "Sqitch",
            Self::Refinery => "refinery",
            Self::Atlas => "Atlas",
            Self::RailsStructure => "Rails structure.sql",
            Self::GraphileMigrate => "graphile-migrate",
            Self::Hasura => "Hasura",
            Self::SqlMigrate => "sql-migrate",
            Self::Tern => "tern",
            Self::Knex => "Knex",
            Self::TypeOrm => "TypeORM",
            Self::Sequelize => "Sequelize",
            Self::MikroOrm => "MikroORM",
            Self::Alembic => "Alembic",
            Self::NumberedSql => "numbered SQL files",
            Self::SchemaFile => "schema file",
            Self::PgDump => "pg_dump output",
        }
    }
}

/// One database that the project defines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProjectDatabase {
    /// Name for people: the folder, relative to the project's root (`.` for the root).
    pub name: String,
    /// Format.
    pub format: MigrationFormat,
    /// Folder (or file) the scripts came from, relative to the root.
    pub path: String,
    /// Scripts in the runner's order.
    pub scripts: Vec<Script>,
    /// Major version the project asks for (`supabase/config.toml`, compose image), when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres_major: Option<u16>,
    /// Schemas the Data API serves (Supabase), as configured.
    #[serde(default)]
    pub api_schemas: Vec<String>,
    /// Whether new tables of `public` are open to the Data API's roles without a GRANT (Supabase), where the configuration says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_expose_new_tables: Option<bool>,
    /// The schema that the runner makes and puts first on the search path (Flyway), where the configuration names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_schema: Option<String>,
    /// A schema of last resort, read from generated types: for the tables that the scripts fail to make.
    #[serde(skip)]
    pub fallback: Option<Script>,
    /// Oddities: files the runner skips, journal gaps, wrong names.
    #[serde(default)]
    pub notes: Vec<Note>,
}

impl ProjectDatabase {
    /// A database with its scripts, of which nothing else is known.
    pub fn new(name: impl Into<String>, format: MigrationFormat, path: impl Into<String>, scripts: Vec<Script>) -> Self {
        Self {
            name: name.into(),
            format,
            path: path.into(),
            scripts,
            postgres_major: None,
            api_schemas: Vec::new(),
            auto_expose_new_tables: None,
            default_schema: None,
            fallback: None,
            notes: Vec::new(),
        }
    }
}

/// An oddity with its place.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// Place.
    pub location: Location,
    /// What.
    pub text: String,
    /// When it is something wrong with the files as a history: the stable key of its kind, as in
    /// [`crate::migration::HistoryProblem::kind`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// A project directory.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Project {
    /// Name of the directory.
    pub name: String,
    /// Databases it defines, sorted by path.
    pub databases: Vec<ProjectDatabase>,
    /// Stack.
    pub stack: Stack,
    /// House rules.
    pub house: HouseRules,
    /// `[brief]` of `architrave.toml`.
    pub brief: Brief,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Files looked at.
    pub files: u64,
    /// Scripts that were read whole and do not hold [`crate::script::MARK`].
    #[serde(skip)]
    pub unmarked: BTreeSet<String>,
    /// `[review] targets` of `architrave.toml`: database folders, or URLs.
    #[serde(default)]
    pub targets: Vec<String>,
    /// `[twin] postgres` of `architrave.toml`: the major version proofs run on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin_postgres: Option<u16>,
    /// `[access]` of `architrave.toml`: who is meant to see what.
    #[serde(default)]
    pub access: Stated,
}
