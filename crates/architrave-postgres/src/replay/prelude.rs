//! What a platform has set up before a project's first migration runs.

use super::error::ReplayError;
use crate::platform::roles::{self, RoleShape};
use crate::platform::supabase::{self, GrantMode};
use architrave_model::platform::Platform;
use tokio_postgres::Client;

/// A platform's own objects, as far as projects rely on them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Prelude {
    /// A bare database.
    #[default]
    None,
    /// Supabase: roles, schemas, `auth.users`, `auth.uid()` and companions, storage, realtime, stubs of its extensions.
    Supabase {
        /// Who gets privileges on new objects of `public`.
        grants: GrantMode,
    },
    /// The roles of another managed platform, where `postgres` is one of its administrators.
    Roles(Platform),
    /// Diesel: the book of its runner, which exists before the first migration.
    Diesel,
    /// sqlx: the book of its runner, likewise.
    Sqlx,
}

impl Prelude {
    /// Supabase with grants by the dates of the migrations.
    pub const SUPABASE: Self = Self::Supabase { grants: GrantMode::ByDate };

    /// Whether it is Supabase's.
    pub fn is_supabase(self) -> bool {
        matches!(self, Self::Supabase { .. })
    }

    /// What it is called in the report.
    pub fn title(self) -> Option<String> {
        match self {
            Self::None | Self::Diesel | Self::Sqlx => None,
            Self::Roles(platform) => {
                roles::shape(platform).map(|shape| format!("roles of {}: postgres belongs to {}", platform.title(), shape.administrators))
            }
            Self::Supabase { grants } => Some(format!("Supabase roles, schemas and functions ({})", grants.words())),
        }
    }

    /// The statements that set it up, for a reader that executes nothing.
    pub fn sql(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Supabase { grants } => supabase::text(grants),
            Self::Roles(platform) => roles::shape(platform).map(RoleShape::sql).unwrap_or_default(),
            Self::Diesel => DIESEL.to_owned(),
            Self::Sqlx => SQLX.to_owned(),
        }
    }

    /// What the platform changes before the script of that version, for a reader that executes nothing; none where nothing changes any more.
    pub fn sql_at(self, version: &str) -> Option<&'static str> {
        matches!(self, Self::Supabase { grants } if grants.turns_at(version)).then_some(supabase::EXPLICIT_GRANTS)
    }

    pub(super) async fn apply(self, admin: &Client) -> Result<(), ReplayError> {
        match self {
            Self::None => Ok(()),
            Self::Supabase { grants } => Box::pin(supabase::set_up(admin, grants)).await,
            Self::Roles(_) => admin.batch_execute(&self.sql()).await.map_err(ReplayError::own("set up the platform's roles")),
            Self::Diesel | Self::Sqlx => {
                admin.batch_execute(&self.sql()).await.map_err(ReplayError::own("set up what the scripts expect to be there"))
            }
        }
    }
}

const SQLX: &str = "create table public._sqlx_migrations (version bigint primary key, description text not null, installed_on timestamptz not null default now(),
       success boolean not null, checksum bytea not null, execution_time bigint not null);
     alter table public._sqlx_migrations owner to postgres";

const DIESEL: &str =
    "create table public.__diesel_schema_migrations (version varchar(50) primary key, run_on timestamp not null default current_timestamp);
     alter table public.__diesel_schema_migrations owner to postgres";
