//! Where a project's own files use keys and accounts that row level security does not bind. Names and places, never a value.

use crate::script::Location;
use serde::{Deserialize, Serialize};

/// Who gets to see what stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyReach {
    /// Nobody yet: code for the server reads it under a name whose prefix tells the build to hand it out.
    Named,
    /// Whoever reads the repository.
    Source,
    /// Code that is meant for the browser reads it.
    Client,
    /// The build puts it into what every visitor loads.
    Bundled,
}

/// A use of a key with the rights of `service_role`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyUse {
    /// Place.
    pub location: Location,
    /// What stands there: the name of a variable, or the kind of literal (`a token of service_role`); never the key.
    pub what: String,
    /// Whether the key itself stands there, and not the name of a variable that holds it.
    pub literal: bool,
    /// Who gets to see it.
    pub reach: KeyReach,
}

/// The user of a connection string.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountUse {
    /// Role of the server, without a pooler's suffix (`postgres.abcdef` is `postgres`).
    pub role: String,
    /// Place.
    pub location: Location,
}

/// An edge function that lets requests in without a verified token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OpenEdgeFunction {
    /// Name.
    pub name: String,
    /// Where `verify_jwt = false` stands.
    pub location: Location,
    /// It reads the service key.
    pub service_key: bool,
    /// What of its own it checks, as far as its files tell: `getUser(`, `constructEvent(`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks: Option<String>,
}

/// Everything of that kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PrivilegedUses {
    /// Files that were read for it; 0 where no project was.
    pub files: u64,
    /// Keys, by place.
    pub keys: Vec<KeyUse>,
    /// Accounts, by role and place.
    pub accounts: Vec<AccountUse>,
    /// Edge functions without `verify_jwt`, by name.
    pub edge_functions: Vec<OpenEdgeFunction>,
}
