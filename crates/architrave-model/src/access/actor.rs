//! Who tries: the people of two tenants, and those outside.

use serde::{Deserialize, Serialize};

/// What an actor is to the rows of the first tenant, the victims'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// The victim: owns rows, and the tenant where there are tenants.
    Owner,
    /// Belongs to the victim's tenant with the least of the roles.
    Member,
    /// Signed in, with rows and a tenant of his own; nothing to do with the victim's.
    Outsider,
    /// Not signed in.
    Anonymous,
    /// The application's own back end (`service_role`): for control.
    Service,
}

impl ActorKind {
    /// All.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Member, Self::Outsider, Self::Anonymous, Self::Service];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member => "member",
            Self::Outsider => "outsider",
            Self::Anonymous => "anonymous",
            Self::Service => "service",
        }
    }
}

/// An actor: how a session becomes him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Kind.
    pub kind: ActorKind,
    /// Role of the server for `SET LOCAL ROLE`.
    pub role: String,
    /// Settings of the transaction, name and value: `request.jwt.claims`, `app.user_id`.
    pub settings: Vec<(String, String)>,
    /// His id as text, of the type that the identity has; none when he is not signed in.
    pub id: Option<String>,
    /// His tenant's id as text.
    pub tenant: Option<String>,
}
