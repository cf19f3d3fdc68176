//! Supabase on a bare PostgreSQL: roles, schemas, Auth, Storage, Realtime and the default privileges, as a project's first migration finds them.
//!
//! `postgres` is no superuser here and owns nothing of the platform's, as on the platform itself. What it may do all the same (policies on
//! `storage.objects`, say) is done on its behalf: see [`permits`].

mod permitted;
#[cfg(test)]
mod tests;

pub(crate) use permitted::permits;

use crate::replay::ReplayError;
use architrave_model::project::ProjectDatabase;
use tokio_postgres::{Client, SimpleQueryMessage};

/// Whether the Data API's roles (`anon`, `authenticated`, `service_role`) get privileges on new objects of `public` by themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GrantMode {
    /// They do: `auto_expose_new_tables = true`, and every project before 30 October 2026.
    Automatic,
    /// Each table, sequence and function needs a GRANT: `auto_expose_new_tables = false`.
    Explicit,
    /// Automatic for migrations of before 30 October 2026 and explicit from then on, as in a project that lived through that day.
    #[default]
    ByDate,
}

/// The day from which new tables of every project need a GRANT, as the version of a migration starts with it.
const EXPLICIT_SINCE: &str = "20261030";

impl GrantMode {
    /// What `config.toml` says, else by the dates of the migrations.
    pub fn of(database: &ProjectDatabase) -> Self {
        match database.auto_expose_new_tables {
            Some(true) => Self::Automatic,
            Some(false) => Self::Explicit,
            None => Self::ByDate,
        }
    }

    /// How the report says it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Automatic => "new tables are open to the Data API's roles",
            Self::Explicit => "new tables need a GRANT for the Data API's roles",
            Self::ByDate => "new tables are open to the Data API's roles until 30 October 2026 and need a GRANT from then on",
        }
    }

    /// Whether new objects need a GRANT from this migration on, when they did not before.
    pub(crate) fn turns_at(self, version: &str) -> bool {
        let digits = version.len() >= 14 && version.bytes().take(14).all(|b| b.is_ascii_digit());
        self == Self::ByDate && digits && version >= EXPLICIT_SINCE
    }
}

/// Makes every further object of `public` need a GRANT; to be run by `postgres` or a superuser.
pub(crate) const EXPLICIT_GRANTS: &str = include_str!("explicit_grants.sql");

/// Roles that the platform makes in a cluster. The last one is ours: it acts for `postgres` where the platform's own extension does.
pub const ROLES: &[&str] = &[
    "anon",
    "authenticated",
    "service_role",
    "authenticator",
    "supabase_admin",
    "supabase_auth_admin",
    "supabase_storage_admin",
    "supabase_functions_admin",
    "supabase_realtime_admin",
    "supabase_replication_admin",
    "supabase_read_only_user",
    "supabase_etl_admin",
    "supabase_privileged_role",
    "dashboard_user",
    "pgbouncer",
    ACTING_ROLE,
];

/// The role that does for `postgres` what the platform lets it do with tables it does not own. Readers leave it out.
pub const ACTING_ROLE: &str = "architrave_platform";

/// What belongs to one database, in order.
const DATABASE: &[&str] = &[
    include_str!("schemas.sql"),
    include_str!("extensions.sql"),
    include_str!("auth.sql"),
    include_str!("storage.sql"),
    include_str!("realtime.sql"),
    include_str!("services.sql"),
];

/// Sets the platform up in a database that belongs to `postgres`. Roles that the cluster lacks are made; it may be done for many databases.
pub(crate) async fn set_up(admin: &Client, grants: GrantMode) -> Result<(), ReplayError> {
    make_roles(admin).await?;
    let mut sql = DATABASE.concat();
    if grants == GrantMode::Explicit {
        sql.push_str(EXPLICIT_GRANTS);
    }
    admin.batch_execute(&sql).await.map_err(ReplayError::own("set up Supabase's schemas"))
}

async fn make_roles(admin: &Client) -> Result<(), ReplayError> {
    // Two databases that are set up at once would both make the roles.
    static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _alone = ONE.lock().await;
    let own = "set up Supabase's roles";
    let wanted: Vec<String> = ROLES.iter().map(|role| format!("'{role}'")).collect();
    let ask = format!("select rolname from pg_roles where rolname in ({})", wanted.join(", "));
    let answer = admin.simple_query(&ask).await.map_err(ReplayError::own(own))?;
    let there: Vec<&str> = answer
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        })
        .collect();
    if there.len() == ROLES.len() {
        return Ok(());
    }
    let mut sql: String = ROLES.iter().filter(|role| !there.contains(role)).map(|role| format!("create role {role};\n")).collect();
    sql.push_str(include_str!("roles.sql"));
    sql.push_str(&format!(
        "grant supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin, supabase_functions_admin, postgres to {ACTING_ROLE};
         do $$ begin if current_setting('server_version_num')::integer >= 140000 then
             grant pg_read_all_data to supabase_read_only_user, supabase_etl_admin, postgres;
         end if; end $$;"
    ));
    admin.batch_execute(&sql).await.map_err(ReplayError::own(own))
}

/// The same as text, for a reader that executes nothing.
pub(crate) fn text(grants: GrantMode) -> String {
    let mut sql: String = ROLES.iter().filter(|role| **role != ACTING_ROLE).map(|role| format!("create role {role};\n")).collect();
    sql.extend(include_str!("roles.sql").lines().filter(|line| !line.contains(ACTING_ROLE)).flat_map(|line| [line, "\n"]));
    sql.extend(DATABASE.iter().copied());
    if grants == GrantMode::Explicit {
        sql.push_str(EXPLICIT_GRANTS);
    }
    sql
}
