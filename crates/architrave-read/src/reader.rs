//! What an offline reader is: the contract, its input and its result.

pub(crate) mod claims;

use crate::path;
use crate::reader::claims::Claims;
use crate::tree::Tree;
use architrave_model::Gap;
use architrave_model::project::{MigrationFormat, ProjectDatabase};
use architrave_model::stack::{Stack, StackKind};

/// A source of schemas: one migration tool, or one kind of file.
pub trait Reader: Sync {
    /// Name of its folder under `src/`.
    fn folder(&self) -> &'static str;
    /// The format it finds.
    fn format(&self) -> MigrationFormat;
    /// Databases of this format that nobody has claimed yet. Never fails: what cannot be read is a note or a gap.
    fn read(&self, input: &Input<'_>, found: &mut Reading);
}

/// What a reader may look at.
pub struct Input<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) stack: &'a Stack,
    pub(crate) progress: &'a dyn Fn(&str),
}

/// What readers have found so far.
#[derive(Debug, Default)]
pub struct Reading {
    pub(crate) databases: Vec<ProjectDatabase>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) claims: Claims,
}

impl Input<'_> {
    /// Folders with SQL files of their own: path and the paths of these files, sorted; without those whose name says that they are for another
    /// database.
    pub(crate) fn sql_folders(&self) -> impl Iterator<Item = (String, Vec<String>)> {
        self.tree.folders().filter_map(|(folder, content)| {
            let files: Vec<String> =
                content.files.iter().filter(|f| path::has_extension(f, "sql") && is_for_us(f)).map(|f| path::join(folder, f)).collect();
            (!files.is_empty()).then(|| (folder.to_owned(), files))
        })
    }

    /// Whether a manifest in the folder or above it names the product.
    pub(crate) fn names_above(&self, folder: &str, product: &str) -> bool {
        self.stack.facts.iter().any(|f| f.name == product && path::is_within(folder, path::parent(&f.path)))
    }

    /// Whether a manifest anywhere names the product.
    pub(crate) fn names(&self, product: &str) -> bool {
        self.stack.named(product).is_some()
    }

    /// The one database engine other than PostgreSQL that the nearest manifest with any engine names, and that manifest.
    pub(crate) fn only_engine_near(&self, folder: &str) -> Option<(String, String)> {
        for above in path::ancestors(folder) {
            let here: Vec<_> =
                self.stack.of(StackKind::Database).filter(|f| path::parent(&f.path) == above && is_engine(&f.name)).collect();
            if here.iter().any(|f| f.name == "PostgreSQL") {
                return None;
            }
            if let Some(first) = here.first() {
                return Some((first.name.clone(), first.path.clone()));
            }
        }
        None
    }
}

fn is_for_us(file: &str) -> bool {
    matches!(crate::dialect::of_script_name(file), None | Some("PostgreSQL"))
}

fn is_engine(name: &str) -> bool {
    ["PostgreSQL", "MySQL", "MariaDB", "SQLite", "SQL Server", "Cloudflare D1"].contains(&name)
}

impl Reading {
    /// Leaves a folder out and says why.
    pub(crate) fn leave_out(&mut self, folder: &str, why: &str) {
        self.claims.add_folder(folder);
        self.gaps.push(Gap::new(format!("database in {}", path::display(folder)), why, None));
    }

    /// Claims a folder, unless its files are another engine's: then it is left out, and the answer is false.
    pub(crate) fn claim_folder(&mut self, input: &Input<'_>, folder: &str, files: &[String]) -> bool {
        if let Some(why) = crate::dialect::why_foreign(input, folder, files) {
            self.leave_out(folder, &why);
            return false;
        }
        self.claims.add_folder(folder);
        true
    }

    /// Takes a database, if it has anything to replay or to say.
    pub(crate) fn take(&mut self, draft: crate::draft::Draft) {
        let (database, mut gaps) = draft.finish();
        self.gaps.append(&mut gaps);
        if !database.scripts.is_empty() {
            self.databases.push(database);
        }
    }
}
