//! The technology stack, as a project's own files tell it. Names and versions only, never a value of an environment file.

use crate::privileged_use::PrivilegedUses;
use crate::webhook::Webhooks;
use serde::{Deserialize, Serialize};

/// A fact about the stack, with the file that says so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StackFact {
    /// What kind of thing.
    pub kind: StackKind,
    /// Name as its makers write it: `Prisma`, `Next.js`, `Clerk`.
    pub name: String,
    /// Version (range) as the file has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The file, relative to the root.
    pub path: String,
}

/// What kind of thing a stack fact names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "plain words")]
pub enum StackKind {
    Language,
    Framework,
    Orm,
    Driver,
    Auth,
    Database,
    Pooler,
    Cache,
    Queue,
    Hosting,
    Testing,
    Ci,
}

/// The stack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// Facts, sorted and unique.
    pub facts: Vec<StackFact>,
    /// Names of environment variables that `.env.example` and the like define (names only).
    #[serde(default)]
    pub environment_names: Vec<String>,
    /// Source files seen by extension, most first.
    #[serde(default)]
    pub source_files: Vec<(String, u64)>,
    /// Where the files use keys and accounts that row level security does not bind.
    #[serde(default)]
    pub privileged: PrivilegedUses,
    /// Handlers of webhooks by which whoever signs people in reports about them.
    #[serde(default)]
    pub webhooks: Webhooks,
}

impl Stack {
    /// The first fact of that name.
    pub fn named(&self, name: &str) -> Option<&StackFact> {
        self.facts.iter().find(|f| f.name == name)
    }

    /// Facts of a kind.
    pub fn of(&self, kind: StackKind) -> impl Iterator<Item = &StackFact> {
        self.facts.iter().filter(move |f| f.kind == kind)
    }
}
