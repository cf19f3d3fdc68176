//! Roles, memberships and privileges.

use serde::{Deserialize, Serialize};

/// A role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// Name.
    pub name: String,
    /// SUPERUSER.
    pub superuser: bool,
    /// INHERIT.
    pub inherit: bool,
    /// CREATEROLE.
    pub create_role: bool,
    /// CREATEDB.
    pub create_db: bool,
    /// LOGIN.
    pub login: bool,
    /// REPLICATION.
    pub replication: bool,
    /// BYPASSRLS.
    pub bypass_rls: bool,
    /// CONNECTION LIMIT; -1 is none.
    pub connection_limit: i32,
    /// VALID UNTIL as unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<f64>,
    /// `ALTER ROLE … SET`, `name=value`.
    #[serde(default)]
    pub config: Vec<String>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// `GRANT role TO member`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The granted role.
    pub role: String,
    /// Who got it.
    pub member: String,
    /// WITH ADMIN OPTION.
    pub admin: bool,
    /// WITH INHERIT (16 and later; before, the member's own INHERIT).
    #[serde(default = "yes")]
    pub inherit: bool,
    /// WITH SET (16 and later).
    #[serde(default = "yes")]
    pub set: bool,
}

/// Privileges on one object for one grantee, defaults expanded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// Role name; the word `PUBLIC` in capitals for everybody.
    pub grantee: String,
    /// Role that granted.
    pub grantor: String,
    /// Privileges in SQL's words and capitals, sorted: `SELECT`, `INSERT`, `USAGE`, `EXECUTE` …
    pub privileges: Vec<String>,
    /// Those of them held WITH GRANT OPTION.
    #[serde(default)]
    pub grantable: Vec<String>,
}

impl Grant {
    /// Whether it is for PUBLIC.
    pub fn is_public(&self) -> bool {
        self.grantee == "PUBLIC"
    }

    /// Whether it holds that privilege (SQL's word in capitals).
    pub fn has(&self, privilege: &str) -> bool {
        self.privileges.iter().any(|p| p == privilege)
    }
}

/// One entry of `pg_default_acl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultPrivileges {
    /// Role whose future objects are meant.
    pub role: String,
    /// Schema; none for all schemas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// `TABLES`, `SEQUENCES`, `FUNCTIONS`, `TYPES`, `SCHEMAS`.
    pub kind: String,
    /// What they will get.
    pub grants: Vec<Grant>,
}

pub(super) fn sort_grants(grants: &mut [Grant]) {
    for grant in grants.iter_mut() {
        grant.privileges.sort();
        grant.grantable.sort();
    }
    grants.sort();
}

fn yes() -> bool {
    true
}
