//! Who is meant to see and change the rows of each relation: inferred from policies, foreign keys and names, or stated in `architrave.toml`.

use crate::name::QualifiedName;
use crate::script::Location;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the database learns who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum IdentitySource {
    /// Nothing in the schema tells one user from another.
    #[default]
    None,
    /// `request.jwt.claims` (and its older form per claim), as PostgREST and Supabase set them.
    Claims,
    /// A setting that the application sets: `app.user_id`.
    Setting {
        /// Name of the setting.
        name: String,
    },
    /// `current_user`: every user has a role of the server.
    Role,
}

/// Users and tenants of the application.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// How the database learns who asks.
    pub source: IdentitySource,
    /// Type of a user's id: `uuid`, `text`, `bigint` … as `format_type` has it. Clerk's are `text`, whatever `auth.uid()` returns.
    pub id_type: String,
    /// Table of the users and its key, when there is one: `auth.users (id)`.
    pub users: Option<(QualifiedName, String)>,
    /// Further tables with one row per user, with the column that says which: `public.profiles (id)`.
    pub profiles: Vec<(QualifiedName, String)>,
    /// Where the tenant stands, when claims or a setting name it: a path in the claims (`org_id`, `o.id`, `app_metadata.tenant`) or a setting's name.
    pub tenant_key: Option<String>,
    /// Type of a tenant's id; empty when there are no tenants.
    pub tenant_type: String,
    /// Table of the tenants and its key: `public.teams (id)`.
    pub tenants: Option<(QualifiedName, String)>,
}

/// A table that says which user belongs to which tenant (or to which parent row: a project, a document).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Membership {
    /// Table.
    pub table: QualifiedName,
    /// Column with the user.
    pub user: String,
    /// Column with the tenant.
    pub tenant: String,
    /// Table of the tenants.
    pub tenants: Option<QualifiedName>,
    /// Column with the member's role, when there is one.
    #[serde(default)]
    pub role: Option<String>,
    /// Values that the role may have, the mightiest first as far as names tell.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// Whom the rows of a relation are meant for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Scope {
    /// The user named in a column.
    Owner {
        /// Column.
        column: String,
    },
    /// The members of the tenant named in a column.
    Tenant {
        /// Column.
        column: String,
        /// Index into the memberships; none when the tenant comes with the claims.
        membership: Option<usize>,
    },
    /// Whoever may see the row of another relation that a foreign key names.
    Through {
        /// Referencing columns.
        columns: Vec<String>,
        /// Referenced relation.
        parent: QualifiedName,
    },
    /// Everybody: reference data.
    Public,
    /// Everybody who is signed in.
    SignedIn,
    /// Nobody from outside.
    Internal,
    /// Nothing tells; the reason.
    #[default]
    Unknown,
}

/// Where an intent comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Source {
    /// `architrave.toml` says so.
    Stated {
        /// Place.
        location: Location,
    },
    /// Read off the schema; what it rests on, one fragment each: `foreign key to auth.users`.
    Inferred {
        /// What it rests on.
        from: Vec<String>,
    },
}

/// What is meant for one relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationIntent {
    /// Table, partitioned table, view or materialized view.
    pub relation: QualifiedName,
    /// Whose the rows are: who may read and write them.
    pub scope: Scope,
    /// Rows for which this SQL condition holds are meant for everybody to read: `is_public`, `status = 'published'`.
    #[serde(default)]
    pub public_when: Option<String>,
    /// Everybody (or everybody who is signed in) is meant to read, while writing stays with the scope: public profiles.
    #[serde(default)]
    pub read_by_all: bool,
    /// Roles of the membership that may write; empty: every member.
    #[serde(default)]
    pub writers: Vec<String>,
    /// Columns that decide what their user may do (`role`, `is_admin`, `plan`): he is not meant to write them.
    #[serde(default)]
    pub privileged: Vec<String>,
    /// Where this comes from.
    pub source: Source,
}

/// What is meant for the whole database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Intent {
    /// Users and tenants.
    pub identity: Identity,
    /// Membership tables, sorted.
    pub memberships: Vec<Membership>,
    /// Per relation, sorted by name.
    pub relations: Vec<RelationIntent>,
    /// Per bucket of the storage that policies speak of by name, where they tell whose its objects are; sorted. Of all others `storage.objects` tells.
    pub buckets: Vec<BucketIntent>,
}

/// What is meant for the objects of one bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketIntent {
    /// Id of the bucket.
    pub bucket: String,
    /// What is meant; the relation is `storage.objects`.
    pub meant: RelationIntent,
}

impl Intent {
    /// What is meant for a relation.
    pub fn of(&self, relation: &QualifiedName) -> Option<&RelationIntent> {
        self.relations.iter().find(|r| &r.relation == relation)
    }

    /// The same for each bucket of which something is meant for itself, in the place of what is meant for all objects.
    pub fn by_bucket(&self) -> BTreeMap<String, Self> {
        let of = |own: &RelationIntent| {
            let mut intent = self.clone();
            match intent.relations.iter_mut().find(|r| r.relation == own.relation) {
                Some(all) => *all = own.clone(),
                None => intent.relations.push(own.clone()),
            }
            intent
        };
        self.buckets.iter().map(|b| (b.bucket.clone(), of(&b.meant))).collect()
    }
}

/// Whose the rows of a table are, as `architrave.toml` says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatedScope {
    /// `owner = "user_id"`.
    Owner(String),
    /// `tenant = "team_id"`.
    Tenant(String),
    /// `through = "order_id"`: a column of a foreign key.
    Through(String),
    /// `public = true`.
    Public,
    /// `signed_in = true`.
    SignedIn,
    /// `internal = true`.
    Internal,
}

/// One `[[access.table]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedTable {
    /// Table or view.
    pub table: QualifiedName,
    /// Whose the rows are; none leaves it to the inference.
    pub scope: Option<StatedScope>,
    /// Condition under which a row is meant for everybody to read.
    pub public_when: Option<String>,
    /// Whether everybody is meant to read.
    pub read_by_all: Option<bool>,
    /// Roles of the membership that may write.
    pub writers: Option<Vec<String>>,
    /// Columns that their user is not meant to write.
    pub privileged: Option<Vec<String>>,
    /// Why, for people.
    pub reason: Option<String>,
    /// Place.
    pub location: Location,
}

/// `[access]` of `architrave.toml`: what is meant, as far as somebody has said so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stated {
    /// How the database learns who asks.
    pub identity: Option<IdentitySource>,
    /// Type of a user's id.
    pub id_type: Option<String>,
    /// Table of the users.
    pub users: Option<QualifiedName>,
    /// Table of the tenants.
    pub tenants: Option<QualifiedName>,
    /// Where claims or a setting name the tenant.
    pub tenant_key: Option<String>,
    /// Tables, in the order of the file.
    pub tables: Vec<StatedTable>,
}
