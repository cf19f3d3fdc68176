//! Names of database objects: qualified names, object references, and how they are quoted.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A schema and a name in it, both as stored in the catalogue (unquoted).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QualifiedName {
    /// Schema.
    pub schema: String,
    /// Name within the schema.
    pub name: String,
}

impl QualifiedName {
    /// From two parts.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }

    /// As SQL, quoted where PostgreSQL needs it.
    pub fn sql(&self) -> String {
        format!("{}.{}", quote_ident(&self.schema), quote_ident(&self.name))
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// What kind of thing an [`ObjectRef`] names; serialised in kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each variant is PostgreSQL's own name for the kind")]
pub enum ObjectKind {
    Cluster,
    Database,
    Schema,
    Table,
    Column,
    Constraint,
    Index,
    Sequence,
    View,
    MaterializedView,
    Function,
    Trigger,
    Rule,
    Policy,
    Type,
    Role,
    Extension,
    Publication,
    Subscription,
    EventTrigger,
    Setting,
    HbaRule,
    Statement,
    File,
}

impl ObjectKind {
    /// The word used in messages and fingerprints.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Database => "database",
            Self::Schema => "schema",
            Self::Table => "table",
            Self::Column => "column",
            Self::Constraint => "constraint",
            Self::Index => "index",
            Self::Sequence => "sequence",
            Self::View => "view",
            Self::MaterializedView => "materialized-view",
            Self::Function => "function",
            Self::Trigger => "trigger",
            Self::Rule => "rule",
            Self::Policy => "policy",
            Self::Type => "type",
            Self::Role => "role",
            Self::Extension => "extension",
            Self::Publication => "publication",
            Self::Subscription => "subscription",
            Self::EventTrigger => "event-trigger",
            Self::Setting => "setting",
            Self::HbaRule => "hba-rule",
            Self::Statement => "statement",
            Self::File => "file",
        }
    }
}

/// A reference to one object: kind, schema, the table it belongs to, and its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    /// Kind.
    pub kind: ObjectKind,
    /// Schema, absent for cluster-wide objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The table (or view) that columns, constraints, indexes, triggers, rules and policies belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Own name; functions carry their identity arguments, `name(args)`.
    pub name: String,
}

impl ObjectRef {
    /// A cluster- or database-wide object.
    pub fn global(kind: ObjectKind, name: impl Into<String>) -> Self {
        Self { kind, schema: None, table: None, name: name.into() }
    }

    /// An object that lives directly in a schema (table, view, sequence, type, function).
    pub fn in_schema(kind: ObjectKind, schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, schema: Some(schema.into()), table: None, name: name.into() }
    }

    /// An object that belongs to a table (column, constraint, index, trigger, policy).
    pub fn in_table(kind: ObjectKind, table: &QualifiedName, name: impl Into<String>) -> Self {
        Self { kind, schema: Some(table.schema.clone()), table: Some(table.name.clone()), name: name.into() }
    }

    /// A table.
    pub fn table(name: &QualifiedName) -> Self {
        Self::in_schema(ObjectKind::Table, &name.schema, &name.name)
    }

    /// A column of a table.
    pub fn column(table: &QualifiedName, column: impl Into<String>) -> Self {
        Self::in_table(ObjectKind::Column, table, column)
    }

    /// The table this object is or belongs to.
    pub fn table_name(&self) -> Option<QualifiedName> {
        let schema = self.schema.clone()?;
        match (&self.table, self.kind) {
            (Some(table), _) => Some(QualifiedName::new(schema, table)),
            (None, ObjectKind::Table) => Some(QualifiedName::new(schema, &self.name)),
            _ => None,
        }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        if let Some(table) = &self.table {
            write!(f, "{table}.")?;
        }
        f.write_str(&self.name)
    }
}

/// An identifier as SQL, quoted unless it is plain lower case and no reserved word.
pub fn quote_ident(name: &str) -> String {
    let plain = name.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !is_reserved(name)
        && RESERVED_FOR_SOME.binary_search(&name).is_err();
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A string as an SQL literal.
pub fn quote_literal(text: &str) -> String {
    let body = text.replace('\'', "''");
    if body.contains('\\') { format!("E'{}'", body.replace('\\', "\\\\")) } else { format!("'{body}'") }
}

/// Words that PostgreSQL 12–18 take for no table or column without quotes (`pg_get_keywords()`: catcode R or T), sorted.
static RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

/// Words that they take for tables and columns, but not for functions or types (catcode C), sorted.
static RESERVED_FOR_SOME: &[&str] = &[
    "between",
    "bigint",
    "bit",
    "boolean",
    "char",
    "character",
    "coalesce",
    "dec",
    "decimal",
    "exists",
    "extract",
    "float",
    "greatest",
    "grouping",
    "inout",
    "int",
    "integer",
    "interval",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "least",
    "merge_action",
    "national",
    "nchar",
    "none",
    "normalize",
    "nullif",
    "numeric",
    "out",
    "overlay",
    "position",
    "precision",
    "real",
    "row",
    "setof",
    "smallint",
    "substring",
    "time",
    "timestamp",
    "treat",
    "trim",
    "values",
    "varchar",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// Words that stand for a value of their own where a column might stand.
pub static SQL_VALUES: &[&str] = &[
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "session_user",
    "system_user",
    "user",
];

/// Whether a table or column of this name needs quotes for the word alone.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_quoted_only_where_needed() {
        assert_eq!(quote_ident("orders"), "orders");
        assert_eq!(quote_ident("Orders"), "\"Orders\"");
        assert_eq!(quote_ident("user"), "\"user\"");
        assert_eq!(quote_ident("we\"ird"), "\"we\"\"ird\"");
        assert_eq!(quote_ident(""), "\"\"");
    }

    #[test]
    fn literals_survive_quotes_and_backslashes() {
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(quote_literal("a\\b"), "E'a\\\\b'");
    }

    #[test]
    fn reserved_words_are_sorted() {
        assert!(RESERVED.is_sorted());
        assert!(RESERVED_FOR_SOME.is_sorted());
    }
}
