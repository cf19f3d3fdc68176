//! Indexes of tables and materialized views.

use crate::name::QualifiedName;
use serde::{Deserialize, Serialize};

/// An index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// Name; the schema is the table's.
    pub name: String,
    /// Access method: `btree`, `gin`, `gist`, `brin`, `hash`, `spgist`, or an extension's.
    pub method: String,
    /// Key columns and expressions, in order.
    pub keys: Vec<IndexKey>,
    /// INCLUDE columns.
    #[serde(default)]
    pub include: Vec<String>,
    /// Predicate of a partial index, as `pg_get_expr` prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate: Option<String>,
    /// UNIQUE.
    pub unique: bool,
    /// NULLS NOT DISTINCT (15 and later).
    #[serde(default)]
    pub nulls_not_distinct: bool,
    /// Backs the primary key.
    pub primary: bool,
    /// Backs an exclusion constraint.
    #[serde(default)]
    pub exclusion: bool,
    /// Checked at once; false when the constraint behind it is deferrable.
    #[serde(default = "yes")]
    pub immediate: bool,
    /// `indisvalid`: usable by queries.
    pub valid: bool,
    /// `indisready`: maintained by writes.
    #[serde(default = "yes")]
    pub ready: bool,
    /// Chosen by `ALTER TABLE … REPLICA IDENTITY USING INDEX`.
    #[serde(default)]
    pub replica_identity: bool,
    /// Chosen by `CLUSTER`.
    #[serde(default)]
    pub clustered: bool,
    /// The constraint it backs (primary key, unique or exclusion), if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// The partitioned index that this one is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<QualifiedName>,
    /// Storage parameters, `fillfactor=90`.
    #[serde(default)]
    pub options: Vec<String>,
    /// Tablespace, when not the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// As `pg_get_indexdef` prints it.
    pub definition: String,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// One key of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexKey {
    /// Column, when the key is a plain column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Expression, when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Operator class with schema unless `pg_catalog`, when it is not the type's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator_class: Option<String>,
    /// Collation, when it differs from the column's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// DESC.
    #[serde(default)]
    pub descending: bool,
    /// Where NULLs sort.
    #[serde(default)]
    pub nulls: NullsOrder,
}

/// NULLS FIRST or LAST.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NullsOrder {
    /// NULLS FIRST.
    First,
    /// NULLS LAST, the default of ascending keys.
    #[default]
    Last,
}

impl Index {
    /// A complete, valid index of this method on these keys; nameless, and nothing else is said of it.
    pub fn plain(method: &str, keys: Vec<IndexKey>) -> Self {
        Self {
            name: String::new(),
            method: method.to_owned(),
            keys,
            include: Vec::new(),
            predicate: None,
            unique: false,
            nulls_not_distinct: false,
            primary: false,
            exclusion: false,
            immediate: true,
            valid: true,
            ready: true,
            replica_identity: false,
            clustered: false,
            constraint: None,
            parent: None,
            options: Vec::new(),
            tablespace: None,
            definition: String::new(),
            comment: None,
        }
    }

    /// Plain key columns from the left, up to the first expression.
    pub fn leading_columns(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map_while(|k| k.column.as_deref())
    }

    /// Usable by any query on the table: valid, ready, and without predicate.
    pub fn is_complete(&self) -> bool {
        self.valid && self.ready && self.predicate.is_none()
    }

    /// Whether equality on all of these columns (in any order) can use the index from its left: the condition for serving a
    /// foreign key's checks and joins. Only btree keeps order; partial indexes do not count unless their only condition is
    /// that the columns are not null, since a foreign key never looks for NULL.
    pub fn leads_with_set(&self, columns: &[String]) -> bool {
        let prefix: Vec<&str> = self.leading_columns().take(columns.len()).collect();
        prefix.len() == columns.len() && columns.iter().all(|c| prefix.contains(&c.as_str()))
    }

    /// Whether PostgreSQL itself or the schema depends on it: constraint, replica identity, cluster order or partition.
    pub fn is_needed_by_schema(&self) -> bool {
        self.constraint.is_some() || self.primary || self.exclusion || self.replica_identity || self.parent.is_some()
    }
}

fn yes() -> bool {
    true
}
