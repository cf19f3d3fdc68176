//! What a platform has set up before a project's first migration runs.

use super::error::ReplayError;
use tokio_postgres::Client;

/// A platform's own objects, as far as projects rely on them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Prelude {
    /// A bare database.
    #[default]
    None,
    /// Supabase: roles, schemas, `auth.users`, `auth.uid()` and companions, storage, stubs of its extensions.
    Supabase,
    /// Diesel: the book of its runner, which exists before the first migration.
    Diesel,
}

impl Prelude {
    /// What it is called in the report.
    pub fn title(self) -> Option<&'static str> {
        match self {
            Self::None | Self::Diesel => None,
            Self::Supabase => Some("Supabase roles, schemas and functions"),
        }
    }

    /// The statements that set it up, for a reader that executes nothing.
    pub fn sql(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Supabase => include_str!("prelude/supabase.sql"),
            Self::Diesel => {
                "create table public.__diesel_schema_migrations (version varchar(50) primary key, run_on timestamp not null default current_timestamp);
                 alter table public.__diesel_schema_migrations owner to postgres"
            }
        }
    }

    pub(super) async fn apply(self, admin: &Client) -> Result<(), ReplayError> {
        admin.batch_execute(self.sql()).await.map_err(ReplayError::own("set up what the scripts expect to be there"))
    }
}
