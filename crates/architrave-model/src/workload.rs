//! A workload: statements with how often they run, made plannable. Where they come from and how `$n` got values is the work of
//! the readers and the twin; advisors and reports only see this.

use crate::name::QualifiedName;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// Statements and what could not be taken among them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// Statements, dearest first.
    pub queries: Vec<WorkloadQuery>,
    /// Statements that are not part of the job, with the reason.
    #[serde(default)]
    pub refused: Vec<RefusedQuery>,
}

/// Where a statement was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum QuerySource {
    /// `pg_stat_statements`.
    Statistics {
        /// `queryid`.
        query_id: i64,
    },
    /// A server log (`auto_explain`, `log_min_duration_statement`).
    Log {
        /// File.
        path: String,
        /// Line of its first occurrence.
        line: u32,
    },
    /// A file of SQL.
    File {
        /// File.
        path: String,
        /// Line where it starts.
        line: u32,
    },
    /// Given on the command line or through an API.
    Given,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkloadQuery {
    /// Short and stable: the name that its author gave it (`-- name: GetUser`), else a hash of the normalised text, 8 hexadecimal
    /// digits.
    pub id: String,
    /// Text as it was found; `$n` where constants were taken out.
    pub text: String,
    /// Where.
    pub source: QuerySource,
    /// Calls in the period that was seen; 1 when nothing is known.
    pub calls: f64,
    /// Mean execution time, milliseconds, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_ms: Option<f64>,
    /// Rows per call, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_per_call: Option<f64>,
    /// `search_path` it ran under, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_path: Option<String>,
    /// Statements to plan in its place, one per choice of parameter values; a text without `$n` has itself as the only one.
    /// Literals come from statistics: they are row values, never printed.
    #[serde(default)]
    pub variants: Vec<QueryVariant>,
    /// Plan found beside the statement (`auto_explain`), if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logged_plan: Option<Plan>,
}

/// One choice of parameter values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryVariant {
    /// `common value`, `rare value`, `out of range`, `as written` …
    pub choice: String,
    /// Statement with literals in place of `$n`.
    pub sql: String,
    /// Share of the calls that it stands for, 0–1; the shares of a query add up to 1.
    pub share: f64,
}

/// A statement that cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedQuery {
    /// Text, shortened, constants masked.
    pub text: String,
    /// Where.
    pub source: QuerySource,
    /// Why, one fragment: `relation "x" does not exist`.
    pub reason: String,
}

/// What one planned statement asks of tables, resolved by PostgreSQL itself: read from its plan with `VERBOSE`, not from its text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct QueryShape {
    /// Scans of tables (and materialized views); the same table twice is two.
    pub scans: Vec<ScanShape>,
}

/// What is asked of one occurrence of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ScanShape {
    /// Table.
    pub table: QualifiedName,
    /// Alias in the plan.
    pub alias: String,
    /// Conditions that all hold (AND), each on this table's columns and constants, parameters or other tables' columns.
    pub conditions: Vec<Condition>,
    /// Alternatives of an OR over this table alone: one list per OR, each alternative a condition.
    #[serde(default)]
    pub alternatives: Vec<Vec<Condition>>,
    /// Order wanted of this table alone, outermost sort first.
    #[serde(default)]
    pub order_by: Vec<SortItem>,
    /// A `LIMIT` stands above the order.
    #[serde(default)]
    pub limited: bool,
    /// Columns grouped by (or made distinct) when all belong to this table.
    #[serde(default)]
    pub group_by: Vec<Term>,
    /// Every column of it that the statement needs, sorted.
    pub columns: Vec<String>,
}

/// Column or expression over one table's columns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// A plain column.
    Column(String),
    /// An expression, as PostgreSQL prints it without alias: `lower(email)`, `(doc ->> 'k'::text)`.
    Expression(String),
}

/// How a condition compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// `=`.
    Equal,
    /// `= ANY (…)` (IN).
    AnyOf,
    /// `<`, `<=`, `>`, `>=`.
    Range,
    /// `IS NULL`.
    IsNull,
    /// `IS NOT NULL`.
    IsNotNull,
    /// `col` alone or `NOT col`, boolean columns.
    Boolean,
    /// `LIKE 'x%'`: a prefix that is fixed.
    Prefix,
    /// `LIKE '%x%'`, `ILIKE`, `~`, `%` (similarity).
    Pattern,
    /// `@>`, `?`, `?|`, `?&`, `@?`, `@@` of jsonb, arrays; `&&` of arrays.
    Contains,
    /// `@@` of full text.
    TextSearch,
    /// `&&`, `@>`, `<@` of ranges and shapes; `<->`.
    Overlaps,
    /// `<>`, `NOT IN` and all that no index answers.
    Other,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// What is compared.
    pub term: Term,
    /// How.
    pub comparison: Comparison,
    /// The operator as written: `=`, `@>`, `~~` …
    pub operator: String,
    /// What it is compared with.
    pub with: Operand,
    /// As PostgreSQL prints it, aliases included.
    pub text: String,
}

/// The other side of a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operand {
    /// A constant, as PostgreSQL prints it with its cast: a row value, never printed.
    Constant(String),
    /// `$n` of the statement.
    Parameter(u32),
    /// A column (or expression) of another occurrence of a table: a join.
    Join {
        /// Alias of the other.
        alias: String,
        /// Term of the other.
        term: Term,
    },
    /// A value computed elsewhere in the plan (subquery, function of other tables).
    Computed,
    /// Nothing (`IS NULL`).
    None,
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortItem {
    /// What.
    pub term: Term,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST.
    pub nulls_first: bool,
}
