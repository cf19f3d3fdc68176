//! The dictionary as plain data: schemas, relations, columns, and what belongs to them.

use architrave_model::name::QualifiedName;
use serde::Serialize;

/// The form of the JSON that [`Dictionary`] becomes.
///
/// History: 1, first.
pub const DICTIONARY_VERSION: u32 = 1;

/// Everything the dictionary of one database says. No value of a row is in it, nor a time or a path of the machine.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Dictionary {
    /// [`DICTIONARY_VERSION`].
    pub dictionary_version: u32,
    /// Name of the database or project.
    pub name: String,
    /// `PostgreSQL 15`; empty when a project does not say.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub server: String,
    /// Whether figures of rows and sizes are in it.
    pub statistics: bool,
    /// What was looked at for uses in code; none when nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Schemas by name; those of extensions and platforms are left out.
    pub schemas: Vec<Schema>,
    /// Installed extensions by name.
    pub extensions: Vec<Extension>,
    /// What the dictionary does not know, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
}

/// The scan of the application's files.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Code {
    /// Source files that were read.
    pub files: u64,
    /// What a scan like this cannot see, in a sentence.
    pub limits: String,
}

/// A schema.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Schema {
    /// Name.
    pub name: String,
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// How much of it has comments.
    pub coverage: Coverage,
    /// Tables and views by name; partitions are counted at their parent.
    pub relations: Vec<Relation>,
    /// Enumerated types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enums: Vec<EnumType>,
    /// Domains.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<Domain>,
    /// Composite and range types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<OtherType>,
    /// Functions and procedures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<Function>,
}

/// How many tables (views too) and columns have a comment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Relations.
    pub relations: usize,
    /// Those with a comment.
    pub relations_with: usize,
    /// Columns.
    pub columns: usize,
    /// Those with a comment.
    pub columns_with: usize,
}

impl Coverage {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            relations: self.relations + other.relations,
            relations_with: self.relations_with + other.relations_with,
            columns: self.columns + other.columns,
            columns_with: self.columns_with + other.columns_with,
        }
    }
}

/// What a relation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "PostgreSQL's own words")]
pub enum RelationKind {
    #[default]
    Table,
    PartitionedTable,
    ForeignTable,
    View,
    MaterializedView,
}

impl RelationKind {
    /// `partitioned table`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::PartitionedTable => "partitioned table",
            Self::ForeignTable => "foreign table",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
        }
    }

    /// The word after `COMMENT ON`.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Table | Self::PartitionedTable => "table",
            Self::ForeignTable => "foreign table",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
        }
    }

    /// Whether it is a view of either kind.
    pub fn is_view(self) -> bool {
        matches!(self, Self::View | Self::MaterializedView)
    }
}

/// A table or view.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Relation {
    /// Name.
    pub name: QualifiedName,
    /// Kind.
    pub kind: RelationKind,
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Columns of the primary key, in its order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub primary_key: Vec<String>,
    /// Unique constraints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unique: Vec<Unique>,
    /// Foreign keys from here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// Foreign keys to here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub referenced_by: Vec<Referenced>,
    /// Check and exclusion constraints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Indexes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// Row level security: none when it is off, else `enabled` or `forced`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_security: Option<&'static str>,
    /// Policies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Policy>,
    /// Triggers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// Of a partitioned table: `RANGE (created_at)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitioned_by: Option<String>,
    /// Its partitions by name, with their bounds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub partitions: Vec<(QualifiedName, String)>,
    /// Tables that it inherits from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inherits: Vec<QualifiedName>,
    /// Of a view: its query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// Of a view: relations that it reads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<QualifiedName>,
    /// Views that read it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub read_by: Vec<QualifiedName>,
    /// Estimated rows; none when nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<f64>,
    /// Table with TOAST, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_bytes: Option<i64>,
    /// All indexes, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_bytes: Option<i64>,
    /// The statement that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Place>,
    /// Places of the application that name it, bounded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<Use>,
    /// Places beyond the bound.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_uses: u64,
}

/// A column.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Column {
    /// Position, from 1; dropped columns leave no hole.
    pub ordinal: usize,
    /// Name.
    pub name: String,
    /// As `format_type` prints it.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Whether NULL may stand in it; none when unknown (columns of views).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nullable: Option<bool>,
    /// Default expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// `identity always`, `identity by default`, `generated stored`, `generated virtual`; the expression of the latter two is in `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<&'static str>,
    /// Part of the primary key.
    #[serde(skip_serializing_if = "is_false")]
    pub primary_key: bool,
    /// Unique by itself.
    #[serde(skip_serializing_if = "is_false")]
    pub unique: bool,
    /// Targets of foreign keys it belongs to: `public.customers.id`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<(QualifiedName, String)>,
    /// Indexes it belongs to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<String>,
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// From the planner's statistics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<ColumnFigures>,
    /// The statement that made it, when another than the table's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Place>,
    /// Places of the application that name it, bounded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<Use>,
    /// Places beyond the bound.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_uses: u64,
}

/// What statistics tell of a column; never a value.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct ColumnFigures {
    /// Share of NULLs, 0–1.
    pub null_share: f64,
    /// Estimated distinct values; none when it is a share of rows that nobody counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distinct: Option<f64>,
}

/// A unique constraint.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Unique {
    /// Name.
    pub name: String,
    /// Columns in order.
    pub columns: Vec<String>,
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A foreign key, seen from the table that has it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ForeignKey {
    /// Name.
    pub name: String,
    /// Columns here.
    pub columns: Vec<String>,
    /// Referenced table.
    pub table: QualifiedName,
    /// Columns there.
    pub referenced: Vec<String>,
    /// `on delete cascade`, when it says anything.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub actions: String,
    /// False after NOT VALID.
    pub validated: bool,
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A foreign key, seen from the table that it points to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Referenced {
    /// The other table.
    pub table: QualifiedName,
    /// Its columns.
    pub columns: Vec<String>,
    /// Name of the constraint there.
    pub name: String,
    /// `on delete cascade`, when it says anything.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub actions: String,
}

/// A check or exclusion constraint.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Check {
    /// Name.
    pub name: String,
    /// Columns it speaks of; none for expressions without column.
    pub columns: Vec<String>,
    /// As `pg_get_constraintdef` prints it.
    pub definition: String,
    /// False after NOT VALID.
    pub validated: bool,
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// An index.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Index {
    /// Name.
    pub name: String,
    /// Access method.
    pub method: String,
    /// Keys: columns or expressions.
    pub keys: Vec<String>,
    /// INCLUDE columns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// UNIQUE.
    pub unique: bool,
    /// Predicate of a partial index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicate: Option<String>,
    /// The constraint behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// False when queries cannot use it.
    pub valid: bool,
    /// Size, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<i64>,
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A policy.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Policy {
    /// Name.
    pub name: String,
    /// `select`, `all` …
    pub command: &'static str,
    /// PERMISSIVE.
    pub permissive: bool,
    /// Roles; `PUBLIC` for everybody.
    pub roles: Vec<String>,
    /// USING.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub using: Option<String>,
    /// WITH CHECK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_check: Option<String>,
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A trigger.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Trigger {
    /// Name.
    pub name: String,
    /// `before insert or update, each row`.
    pub when: String,
    /// Function it calls.
    pub function: QualifiedName,
    /// False when it is disabled.
    pub enabled: bool,
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// An enumerated type.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EnumType {
    /// Name.
    pub name: String,
    /// Labels in sort order: they are part of the schema, not of rows.
    pub labels: Vec<String>,
    /// Columns of that type, `orders.status`.
    pub used_by: Vec<String>,
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The statement that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Place>,
}

/// A domain.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Domain {
    /// Name.
    pub name: String,
    /// Underlying type.
    pub base: String,
    /// NOT NULL.
    pub not_null: bool,
    /// Default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Definitions of its checks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<String>,
    /// Columns of that type.
    pub used_by: Vec<String>,
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A composite or range type.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OtherType {
    /// Name.
    pub name: String,
    /// `composite (street text, city text)`.
    pub definition: String,
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A function or procedure.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Function {
    /// `name(arguments)`.
    pub signature: String,
    /// `function`, `procedure`, `aggregate`, `window function`.
    pub kind: &'static str,
    /// Result; none for procedures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Language.
    pub language: String,
    /// `volatile`, `stable`, `immutable`.
    pub volatility: &'static str,
    /// SECURITY DEFINER.
    pub security_definer: bool,
    /// Tables whose triggers call it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub triggers_of: Vec<QualifiedName>,
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The statement that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Place>,
}

/// An extension.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Extension {
    /// Name.
    pub name: String,
    /// Schema of its objects.
    pub schema: String,
    /// Version; empty when a stand-in took its place and no version is known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
}

/// A place in the project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Path relative to the project's root.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
}

/// A place of the application that names an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Use {
    /// Path relative to the project's root.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// What makes it a use: `SQL`, `mapping` …
    pub kind: &'static str,
}

impl Dictionary {
    /// Coverage of the whole.
    pub fn coverage(&self) -> Coverage {
        self.schemas.iter().fold(Coverage::default(), |sum, s| sum.plus(s.coverage))
    }

    /// All relations, by schema, then name.
    pub fn relations(&self) -> impl Iterator<Item = &Relation> {
        self.schemas.iter().flat_map(|s| &s.relations)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's contract")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's contract")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}
