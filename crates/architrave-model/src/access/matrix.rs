//! What privileges and policies say, role by role: read off the catalogue, nothing executed.

use crate::name::ObjectRef;
use serde::{Deserialize, Serialize};

/// What may be done with a relation, function, bucket or topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "SQL's own words")]
pub enum Command {
    Select,
    Insert,
    Update,
    Delete,
    /// `INSERT … ON CONFLICT DO UPDATE`.
    Upsert,
    /// A write with `RETURNING`.
    Returning,
    Truncate,
    Execute,
}

impl Command {
    /// In capitals, as in SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Upsert => "UPSERT",
            Self::Returning => "RETURNING",
            Self::Truncate => "TRUNCATE",
            Self::Execute => "EXECUTE",
        }
    }
}

/// How far it goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Reach {
    /// No privilege.
    NotGranted,
    /// The schema is closed: no USAGE.
    SchemaClosed,
    /// Row level security without a policy that is meant: no row.
    NoPolicy,
    /// The rows that policies let through.
    Policies {
        /// Names of permissive policies, sorted.
        permissive: Vec<String>,
        /// Names of restrictive ones, sorted.
        restrictive: Vec<String>,
    },
    /// Every row: no row level security, or a role that it does not bind.
    Everything {
        /// Why: `row level security is off`, `owner`, `BYPASSRLS`, `view with the rights of its owner postgres`.
        because: String,
    },
    /// Only on some columns.
    Columns {
        /// The columns, sorted.
        columns: Vec<String>,
        /// What decides about the rows.
        rows: Box<Reach>,
    },
}

/// One cell: role × relation × command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRow {
    /// Role.
    pub role: String,
    /// Relation or function.
    pub object: ObjectRef,
    /// Command.
    pub command: Command,
    /// How far it goes.
    pub reach: Reach,
}
