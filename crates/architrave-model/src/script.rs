//! Migration scripts as statements with places: what readers find and the private server replays.

use crate::name::ObjectRef;
use serde::{Deserialize, Serialize};

/// How comments of a script begin that speak to Architrave.
pub const MARK: &str = "architrave:";

/// A place in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// Path relative to the project's root, with `/`.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// What a statement is, as far as replaying it needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum StatementKind {
    /// BEGIN, START TRANSACTION.
    Begin,
    /// COMMIT, END.
    Commit,
    /// ROLLBACK, ABORT.
    Rollback,
    /// CREATE EXTENSION.
    CreateExtension {
        /// Extension.
        name: String,
        /// WITH SCHEMA.
        schema: Option<String>,
    },
    /// Refuses to run in a transaction block: CREATE INDEX CONCURRENTLY, VACUUM, CREATE DATABASE, ALTER SYSTEM …
    NonTransactional,
    /// Reaches beyond the database: roles, databases, tablespaces, ALTER SYSTEM. Contained in the private server.
    ClusterWide,
    /// COPY … FROM STDIN; its data lines were skipped.
    CopyData {
        /// Lines skipped.
        rows: u64,
    },
    /// Holds a placeholder whose value the project does not tell (`{{ schema }}`, `${table}`): not for the server as it stands.
    Template {
        /// The placeholder.
        placeholder: String,
    },
    /// A psql meta-command (`\connect`, `\set`), not for the server.
    PsqlCommand,
    /// INSERT, UPDATE, DELETE, SELECT, DO and everything else that is not DDL.
    Data,
    /// Any other DDL.
    Definition,
}

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Text, without the final semicolon.
    pub text: String,
    /// Where it starts.
    pub line: u32,
    /// Column where it starts, from 1.
    pub column: u32,
    /// Byte offset in the file.
    pub offset: usize,
    /// Kind.
    pub kind: StatementKind,
    /// Objects the text says it creates or changes, with the place of each (columns and constraints inside a CREATE TABLE too).
    /// What DO blocks and functions make is not here; the replay sees that.
    #[serde(default)]
    pub touches: Vec<Touch>,
    /// The parser's complaint, when it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub syntax_error: Option<String>,
}

/// An object that a statement's text names as created or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// Object; the schema is absent when the text leaves it to the search path.
    pub object: ObjectRef,
    /// Line in the file.
    pub line: u32,
    /// Column in the file.
    pub column: u32,
    /// Created (as opposed to changed).
    pub created: bool,
}

/// How the runner wraps a script.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionMode {
    /// The whole file in one transaction.
    #[default]
    PerFile,
    /// Each statement for itself.
    PerStatement,
    /// All files in one transaction (drizzle-kit).
    AllFiles,
    /// The whole file in one message (or one pipeline) without BEGIN: PostgreSQL runs it as one implicit transaction, which a COMMIT in the text
    /// ends and in which CONCURRENTLY is refused as in any other.
    Implicit,
}

/// One migration file (or dump, or schema file) in the order the runner applies it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Path relative to the project's root, with `/`.
    pub path: String,
    /// Version or name as the runner sees it.
    pub version: String,
    /// Transaction mode.
    pub transaction: TransactionMode,
    /// Statements of the up direction.
    pub statements: Vec<Statement>,
    /// Whether the format has a way back for this script.
    #[serde(default)]
    pub has_down: bool,
    /// Statements of the way back, as far as they are SQL, in the order in which they run; their places are places of [`Self::down_path`].
    #[serde(default)]
    pub down: Vec<Statement>,
    /// File that the way back stands in, when it is another than [`Self::path`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_path: Option<String>,
    /// How the runner wraps the way back, when it is not as it wraps the way up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_transaction: Option<TransactionMode>,
}

impl Script {
    /// Where a statement of this script makes or changes the object: the line of its name inside the statement where the text tells,
    /// else the statement's own.
    pub fn place_of(&self, statement: &Statement, object: &ObjectRef) -> Location {
        let bare = object.name.split('(').next().unwrap_or(&object.name);
        let named = statement.touches.iter().find(|t| {
            let same_table = t.object.table.is_none() || t.object.table == object.table;
            t.object.kind == object.kind && same_table && t.object.name.split('(').next() == Some(bare)
        });
        let (line, column) = named.map_or((statement.line, statement.column), |t| (t.line, t.column));
        Location { path: self.path.clone(), line, column }
    }
}
