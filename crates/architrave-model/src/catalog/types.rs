//! Schemas, types, extensions, collations, foreign servers, publications and subscriptions.

use super::constraint::Constraint;
use super::role::Grant;
use crate::name::QualifiedName;
use serde::{Deserialize, Serialize};

/// A schema.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// Name.
    pub name: String,
    /// Owner.
    #[serde(default)]
    pub owner: String,
    /// Extension that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// Privileges, defaults expanded.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// What a type is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum TypeKind {
    /// CREATE TYPE … AS ENUM.
    Enum {
        /// Labels in sort order.
        labels: Vec<String>,
    },
    /// CREATE DOMAIN.
    Domain {
        /// Underlying type, as `format_type` prints it.
        base: String,
        /// NOT NULL.
        not_null: bool,
        /// Default expression.
        default: Option<String>,
        /// Collation, when not the type's default.
        collation: Option<String>,
        /// Check constraints.
        constraints: Vec<Constraint>,
    },
    /// CREATE TYPE … AS (…).
    Composite {
        /// Attributes in order.
        attributes: Vec<CompositeAttribute>,
    },
    /// CREATE TYPE … AS RANGE.
    Range {
        /// Subtype, as `format_type` prints it.
        subtype: String,
        /// Multirange type name (14 and later).
        multirange: Option<String>,
    },
    /// A base type (or a shell); only its name is kept.
    Base,
}

/// An attribute of a composite type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompositeAttribute {
    /// Name.
    pub name: String,
    /// As `format_type` prints it.
    pub data_type: String,
    /// Collation, when not the type's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
}

/// A type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TypeDef {
    /// Name.
    pub name: QualifiedName,
    /// Owner.
    #[serde(default)]
    pub owner: String,
    /// What it is made of.
    pub kind: TypeKind,
    /// Extension that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// Privileges, defaults expanded.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// An installed extension.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Name.
    pub name: String,
    /// Schema of its objects.
    pub schema: String,
    /// Installed version.
    pub version: String,
    /// Version the server's files would install.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_version: Option<String>,
    /// Made by us because the private server lacks the real one.
    #[serde(default)]
    pub stub: bool,
}

/// A user-defined collation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collation {
    /// Name.
    pub name: QualifiedName,
    /// `libc`, `icu` or `builtin`.
    pub provider: String,
    /// Locale, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// DETERMINISTIC.
    pub deterministic: bool,
}

/// A foreign server. Options are never read: they may hold addresses and secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignServer {
    /// Name.
    pub name: String,
    /// Foreign-data wrapper.
    pub wrapper: String,
    /// Owner.
    pub owner: String,
}

/// A publication.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Name.
    pub name: String,
    /// Owner.
    #[serde(default)]
    pub owner: String,
    /// FOR ALL TABLES.
    pub all_tables: bool,
    /// Published operations, sorted: `delete`, `insert`, `truncate`, `update`.
    pub operations: Vec<String>,
    /// publish_via_partition_root.
    #[serde(default)]
    pub via_root: bool,
    /// Tables.
    #[serde(default)]
    pub tables: Vec<PublishedTable>,
    /// TABLES IN SCHEMA (15 and later).
    #[serde(default)]
    pub schemas: Vec<String>,
}

/// A table in a publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedTable {
    /// Table.
    pub table: QualifiedName,
    /// Column list (15 and later); none for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// Row filter (15 and later).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// A subscription. The connection string is never read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Name.
    pub name: String,
    /// Owner.
    pub owner: String,
    /// Enabled.
    pub enabled: bool,
    /// Publications it follows.
    pub publications: Vec<String>,
}
