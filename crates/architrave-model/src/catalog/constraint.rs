//! Constraints of tables and domains.

use crate::name::QualifiedName;
use serde::{Deserialize, Serialize};

/// What a constraint demands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is PostgreSQL's own name for the kind")]
pub enum ConstraintKind {
    PrimaryKey,
    Unique,
    ForeignKey,
    Check,
    Exclusion,
    /// Named NOT NULL (18 and later), kept only when it says more than the column: not validated or NO INHERIT.
    NotNull,
    Trigger,
    /// A code of `pg_constraint.contype` that this version does not know.
    Other(String),
}

/// A table constraint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Constraint {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: ConstraintKind,
    /// Constrained columns in constraint order; empty for expressions without column.
    #[serde(default)]
    pub columns: Vec<String>,
    /// The referenced side of a foreign key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<Reference>,
    /// The expression of a check constraint, as `pg_get_expr` prints it (no outer `CHECK`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// As `pg_get_constraintdef` prints it.
    pub definition: String,
    /// False after `NOT VALID` until validated.
    pub validated: bool,
    /// False for `NOT ENFORCED` (18 and later).
    #[serde(default = "yes")]
    pub enforced: bool,
    /// DEFERRABLE.
    #[serde(default)]
    pub deferrable: bool,
    /// INITIALLY DEFERRED.
    #[serde(default)]
    pub deferred: bool,
    /// NO INHERIT.
    #[serde(default)]
    pub no_inherit: bool,
    /// Comes from a parent table and was not declared here.
    #[serde(default)]
    pub inherited: bool,
    /// The index that enforces it (same schema as the table).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Constraint {
    /// A constraint of this kind on these columns, valid and enforced; nothing else is said of it.
    pub fn plain(name: &str, kind: ConstraintKind, columns: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            references: None,
            expression: None,
            definition: String::new(),
            validated: true,
            enforced: true,
            deferrable: false,
            deferred: false,
            no_inherit: false,
            inherited: false,
            index: None,
            comment: None,
        }
    }
}

/// The referenced side of a foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Referenced table.
    pub table: QualifiedName,
    /// Referenced columns, in the order of the referencing ones.
    pub columns: Vec<String>,
    /// ON UPDATE.
    pub on_update: ForeignKeyAction,
    /// ON DELETE.
    pub on_delete: ForeignKeyAction,
    /// MATCH.
    pub match_type: MatchType,
}

/// Referential action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "SQL's own words")]
pub enum ForeignKeyAction {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

impl ForeignKeyAction {
    /// As SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Self::NoAction => "no action",
            Self::Restrict => "restrict",
            Self::Cascade => "cascade",
            Self::SetNull => "set null",
            Self::SetDefault => "set default",
        }
    }
}

/// MATCH type of a foreign key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "SQL's own words")]
pub enum MatchType {
    Simple,
    Full,
    Partial,
}

fn yes() -> bool {
    true
}
