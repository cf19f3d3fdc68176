//! Tables, their columns and policies.

use super::constraint::{Constraint, ConstraintKind};
use super::function::Trigger;
use super::index::Index;
use super::relation::RewriteRule;
use super::role::{Grant, sort_grants};
use crate::name::QualifiedName;
use serde::{Deserialize, Serialize};

/// What kind of table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "PostgreSQL's own words")]
pub enum TableKind {
    #[default]
    Ordinary,
    Partitioned,
    Foreign,
}

/// Persistence of a relation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "PostgreSQL's own words")]
pub enum Persistence {
    #[default]
    Permanent,
    Unlogged,
    Temporary,
}

/// Replica identity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "PostgreSQL's own words")]
pub enum ReplicaIdentity {
    #[default]
    Default,
    Nothing,
    Full,
    Index,
}

/// How a partitioned table is divided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partitioning {
    /// `RANGE`, `LIST` or `HASH`.
    pub strategy: String,
    /// Plain key columns; expressions are absent here.
    pub columns: Vec<String>,
    /// As `pg_get_partkeydef` prints it: `RANGE (created_at)`.
    pub definition: String,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Name.
    pub name: QualifiedName,
    /// Kind.
    pub kind: TableKind,
    /// Owner.
    pub owner: String,
    /// Persistence.
    #[serde(default)]
    pub persistence: Persistence,
    /// Columns in attribute order, dropped ones left out.
    pub columns: Vec<Column>,
    /// Constraints.
    #[serde(default)]
    pub constraints: Vec<Constraint>,
    /// Indexes.
    #[serde(default)]
    pub indexes: Vec<Index>,
    /// Triggers, without internal ones.
    #[serde(default)]
    pub triggers: Vec<Trigger>,
    /// Rewrite rules.
    #[serde(default)]
    pub rules: Vec<RewriteRule>,
    /// Policies.
    #[serde(default)]
    pub policies: Vec<Policy>,
    /// ENABLE ROW LEVEL SECURITY.
    #[serde(default)]
    pub rls_enabled: bool,
    /// FORCE ROW LEVEL SECURITY.
    #[serde(default)]
    pub rls_forced: bool,
    /// Replica identity.
    #[serde(default)]
    pub replica_identity: ReplicaIdentity,
    /// Partition key, of partitioned tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitioning: Option<Partitioning>,
    /// Whether it is a partition.
    #[serde(default)]
    pub is_partition: bool,
    /// Partition bound, `FOR VALUES …` or `DEFAULT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_bound: Option<String>,
    /// Parents by inheritance or partitioning, in order.
    #[serde(default)]
    pub parents: Vec<QualifiedName>,
    /// Extended statistics objects on it.
    #[serde(default)]
    pub statistics: Vec<StatisticsObject>,
    /// Storage parameters, `fillfactor=70`.
    #[serde(default)]
    pub options: Vec<String>,
    /// Table access method, when not `heap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_method: Option<String>,
    /// Tablespace, when not the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// Foreign server, of foreign tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign_server: Option<String>,
    /// Composite type of a typed table (`OF type`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_type: Option<QualifiedName>,
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

/// GENERATED … AS IDENTITY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "SQL's own words")]
pub enum Identity {
    Always,
    ByDefault,
}

/// GENERATED … AS (expression).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "SQL's own words")]
pub enum Generated {
    Stored,
    Virtual,
}

/// `pg_attribute.attnum`: which column of its table was made how early, dropped ones counted. It tells the same column under two names apart from two
/// columns. Not known from a text alone.
///
/// All are equal: the number says where a column comes from, not what it is, and two databases with the same columns have them numbered differently.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttributeNumber(i16);

impl AttributeNumber {
    /// A number of the catalogue.
    pub fn new(number: i16) -> Self {
        Self(number)
    }

    /// The number, from 1; none where it is not known.
    pub fn get(self) -> Option<i16> {
        (self.0 > 0).then_some(self.0)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
    fn is_unknown(&self) -> bool {
        self.0 <= 0
    }
}

impl PartialEq for AttributeNumber {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for AttributeNumber {}

/// A column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Its number in the table.
    #[serde(default, skip_serializing_if = "AttributeNumber::is_unknown")]
    pub number: AttributeNumber,
    /// As `format_type` prints it, with modifier and array brackets: `character varying(255)`, `numeric(12,2)`, `text[]`. Types
    /// outside `pg_catalog` carry their schema.
    pub data_type: String,
    /// NOT NULL.
    pub not_null: bool,
    /// Default (or generation) expression, as `pg_get_expr` prints it with an empty search path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Generated; the expression is in `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<Generated>,
    /// Collation, when not the type's default; schema-qualified unless `pg_catalog`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// `PLAIN`, `EXTERNAL`, `EXTENDED` or `MAIN`, when not the type's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
    /// `pglz` or `lz4`, when set (14 and later).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
    /// SET STATISTICS, when set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics_target: Option<i32>,
    /// Comes from a parent and was not declared here.
    #[serde(default)]
    pub inherited: bool,
    /// Column privileges (only those granted on the column itself).
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Column {
    /// The type without modifier and array brackets: `character varying`, `timestamp without time zone`.
    pub fn base_type(&self) -> String {
        let plain = self.data_type.trim_end_matches("[]");
        match (plain.find('('), plain.find(')')) {
            (Some(open), Some(close)) if open < close => {
                format!("{}{}", plain[..open].trim_end(), &plain[close + 1..])
            }
            _ => plain.to_owned(),
        }
    }

    /// Whether it is an array.
    pub fn is_array(&self) -> bool {
        self.data_type.ends_with("[]")
    }

    /// Whether the default takes the next value of a sequence.
    pub fn takes_from_sequence(&self) -> bool {
        self.identity.is_some() || self.default.as_deref().is_some_and(|d| d.trim_start().starts_with("nextval("))
    }
}

/// What a policy applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "SQL's own words")]
pub enum PolicyCommand {
    All,
    Select,
    Insert,
    Update,
    Delete,
}

impl PolicyCommand {
    /// As SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// A row level security policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Name.
    pub name: String,
    /// Command.
    pub command: PolicyCommand,
    /// PERMISSIVE; false for RESTRICTIVE.
    pub permissive: bool,
    /// Roles, sorted; the word `PUBLIC` in capitals for everybody.
    pub roles: Vec<String>,
    /// USING expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub using: Option<String>,
    /// WITH CHECK expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_check: Option<String>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// `CREATE STATISTICS`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatisticsObject {
    /// Name.
    pub name: QualifiedName,
    /// `ndistinct`, `dependencies`, `mcv`, sorted.
    pub kinds: Vec<String>,
    /// Columns.
    pub columns: Vec<String>,
    /// As `pg_get_statisticsobjdef` prints it.
    pub definition: String,
}

impl Table {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// The primary key.
    pub fn primary_key(&self) -> Option<&Constraint> {
        self.constraints.iter().find(|c| c.kind == ConstraintKind::PrimaryKey)
    }

    /// Foreign keys.
    pub fn foreign_keys(&self) -> impl Iterator<Item = (&Constraint, &super::Reference)> {
        self.constraints.iter().filter(|c| c.kind == ConstraintKind::ForeignKey).filter_map(|c| c.references.as_ref().map(|r| (c, r)))
    }

    /// The index of that name.
    pub fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|i| i.name == name)
    }

    /// Whether a unique, valid, complete index (or constraint) holds exactly these columns or fewer of them.
    pub fn is_unique_over(&self, columns: &[&str]) -> bool {
        self.indexes
            .iter()
            .any(|i| i.unique && i.is_complete() && i.keys.iter().all(|k| k.column.as_deref().is_some_and(|c| columns.contains(&c))))
    }

    /// Puts its parts in order: everything by name except columns, which keep their position.
    pub fn sort(&mut self) {
        self.constraints.sort_by(|a, b| a.name.cmp(&b.name));
        self.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        self.triggers.sort_by(|a, b| a.name.cmp(&b.name));
        self.rules.sort_by(|a, b| a.name.cmp(&b.name));
        self.policies.sort_by(|a, b| a.name.cmp(&b.name));
        self.statistics.sort_by(|a, b| a.name.cmp(&b.name));
        for policy in &mut self.policies {
            policy.roles.sort();
        }
        for column in &mut self.columns {
            sort_grants(&mut column.grants);
        }
        sort_grants(&mut self.grants);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_type_drops_modifier_and_brackets() {
        let base = |t: &str| Column { data_type: t.into(), ..Column::default() }.base_type();
        assert_eq!(base("timestamp(3) without time zone"), "timestamp without time zone");
        assert_eq!(base("character varying(255)"), "character varying");
        assert_eq!(base("text[]"), "text");
        assert_eq!(base("numeric(12,2)[]"), "numeric");
    }
}
