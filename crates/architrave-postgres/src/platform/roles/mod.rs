//! What the administrator that a managed platform gives to its customers may do: never a superuser, and on each platform something else.
//!
//! On a private server the role `postgres` takes that part, so that what the platform refuses is refused there, too.

#[cfg(test)]
mod tests;

use architrave_model::platform::Platform;
use std::fmt::Write as _;

/// The roles of one platform.
#[derive(Debug, PartialEq, Eq)]
pub struct RoleShape {
    /// Whose it is.
    pub platform: Platform,
    /// The platform's own superuser, that no customer becomes.
    pub superuser: &'static str,
    /// The role that makes its members administrators.
    pub administrators: &'static str,
    /// Attributes of that role.
    pub attributes: &'static str,
    /// Attributes of the customer's first role, whatever its name: here of `postgres`.
    pub owner: &'static str,
    /// Further roles of the platform's that the administrators may grant.
    pub companions: &'static [&'static str],
    /// Predefined roles of PostgreSQL that the administrators belong to, as far as the major has them.
    pub predefined: &'static [&'static str],
}

const RDS: RoleShape = RoleShape {
    platform: Platform::Rds,
    superuser: "rdsadmin",
    administrators: "rds_superuser",
    attributes: "nologin",
    owner: "createdb createrole noreplication nobypassrls",
    companions: &["rds_replication", "rds_password", "rds_iam"],
    predefined: &["pg_monitor", "pg_signal_backend", "pg_checkpoint"],
};

static ALL: &[RoleShape] = &[
    RoleShape {
        platform: Platform::Neon,
        superuser: "cloud_admin",
        administrators: "neon_superuser",
        attributes: "nologin createdb createrole replication bypassrls",
        owner: "createdb createrole replication bypassrls",
        companions: &[],
        predefined: &["pg_read_all_data", "pg_write_all_data", "pg_monitor", "pg_signal_backend", "pg_create_subscription"],
    },
    RDS,
    RoleShape { platform: Platform::Aurora, ..RDS },
    RoleShape {
        platform: Platform::Azure,
        superuser: "azuresu",
        administrators: "azure_pg_admin",
        attributes: "nologin",
        owner: "createdb createrole replication nobypassrls",
        companions: &[],
        predefined: &["pg_monitor", "pg_signal_backend", "pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables"],
    },
    RoleShape {
        platform: Platform::CloudSql,
        superuser: "cloudsqladmin",
        administrators: "cloudsqlsuperuser",
        attributes: "nologin createdb createrole",
        owner: "createdb createrole noreplication nobypassrls",
        companions: &["cloudsqlreplica", "cloudsqlimportexport", "cloudsqliamuser"],
        predefined: &["pg_monitor", "pg_signal_backend", "pg_checkpoint"],
    },
    RoleShape {
        platform: Platform::AlloyDb,
        superuser: "alloydbadmin",
        administrators: "alloydbsuperuser",
        attributes: "nologin createdb createrole",
        owner: "createdb createrole noreplication nobypassrls",
        companions: &["alloydbiamuser"],
        predefined: &["pg_monitor", "pg_signal_backend", "pg_checkpoint"],
    },
];

/// The roles of a platform; none where customers are superusers, where nobody is known to run the server, and for Supabase, whose emulation has
/// roles of its own.
pub fn shape(platform: Platform) -> Option<&'static RoleShape> {
    ALL.iter().find(|shape| shape.platform == platform)
}

impl RoleShape {
    /// The statements that make the roles in a cluster and give `postgres` the part of the customer's first role. To be run by a superuser; they
    /// may be run again.
    pub fn sql(&self) -> String {
        let mut sql = String::new();
        let roles = [self.superuser, self.administrators];
        for role in roles.iter().chain(self.companions) {
            let _written = writeln!(
                sql,
                "do $$ begin if not exists (select from pg_catalog.pg_roles where rolname = '{role}') then create role {role}; end if; end $$;"
            );
        }
        let _written = writeln!(sql, "alter role {} superuser createdb createrole replication bypassrls login;", self.superuser);
        let _written = writeln!(sql, "alter role {} {};", self.administrators, self.attributes);
        for role in self.companions {
            let _written = writeln!(sql, "grant {role} to {} with admin option;", self.administrators);
        }
        for role in self.predefined {
            let _written = writeln!(
                sql,
                "do $$ begin if exists (select from pg_catalog.pg_roles where rolname = '{role}') then grant {role} to {} with admin option; end if; end $$;",
                self.administrators
            );
        }
        let _written = writeln!(sql, "alter role postgres nosuperuser inherit login {};", self.owner);
        let _written = writeln!(sql, "grant {} to postgres with admin option;", self.administrators);
        sql
    }
}
