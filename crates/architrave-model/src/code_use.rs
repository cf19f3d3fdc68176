//! Where an application names tables and columns: what a scan of its files found.

use crate::name::ObjectRef;
use crate::script::Location;
use serde::{Deserialize, Serialize};

/// How a file names an object: what makes it more than a word that happens to be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CodeUseKind {
    /// After FROM, JOIN, INTO, UPDATE … in a piece of SQL.
    Sql,
    /// The argument of a call that takes a table's name: `from('orders')`, `Table("orders", …)`.
    Call,
    /// What an object-relational mapper maps a class or model to: `@@map("orders")`, `__tablename__ = "orders"`.
    Mapping,
    /// A model or accessor that a mapper made of the table: `model orders {`, `prisma.orders.`.
    Model,
}

impl CodeUseKind {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Sql => "SQL",
            Self::Call => "call with its name",
            Self::Mapping => "mapping",
            Self::Model => "model",
        }
    }
}

/// One place that names an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CodeUse {
    /// Table, view or column.
    pub object: ObjectRef,
    /// Place in the project.
    pub location: Location,
    /// What makes it a use.
    pub kind: CodeUseKind,
}

/// What a scan of an application's files has found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeUses {
    /// Source files that were read.
    pub files: u64,
    /// Places, sorted by object, then place; bounded per object.
    pub places: Vec<CodeUse>,
    /// Places of each object that were found beyond the bound, sorted by object.
    pub more: Vec<(ObjectRef, u64)>,
    /// Files that were not read, with the reason.
    pub gaps: Vec<crate::coverage::Gap>,
}
