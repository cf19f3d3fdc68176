//! The project directory as a bounded, sorted list of files, and the only door through which their contents are read.
//!
//! Environment files never pass that door, whatever their name or the link that leads to them.

mod environment;
pub(crate) mod sniff;
#[cfg(test)]
mod tests;
mod walk;

use crate::path;
use crate::project::ReadOptions;
use crate::text::{self, TextFile, Unreadable};
use crate::tree::sniff::Sniff;
use architrave_model::Gap;
use architrave_model::script::MARK;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

pub(crate) use environment::{is_environment_file, is_environment_template};

/// Direct contents of one folder, names sorted.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    /// Names of files.
    pub(crate) files: Vec<String>,
    /// Names of folders that were entered.
    pub(crate) folders: Vec<String>,
}

/// Bytes of texts that are kept between the first look and the reading.
const MOST_SNIFFED: usize = 16 * 1024 * 1024;

/// Small files that were read whole for a first look, until they are read.
#[derive(Debug, Default)]
struct Sniffed {
    texts: BTreeMap<String, TextFile>,
    bytes: usize,
}

impl Sniffed {
    fn keep(&mut self, path: &str, file: TextFile) {
        if self.bytes + file.text.len() <= MOST_SNIFFED {
            self.bytes += file.text.len();
            self.texts.insert(path.to_owned(), file);
        }
    }

    fn take(&mut self, path: &str) -> Option<TextFile> {
        let file = self.texts.remove(path)?;
        self.bytes -= file.text.len();
        Some(file)
    }
}

/// A project directory as walked.
#[derive(Debug)]
pub(crate) struct Tree {
    root: PathBuf,
    folders: BTreeMap<String, Folder>,
    /// Files seen.
    pub(crate) file_count: u64,
    /// What the walk left out.
    pub(crate) gaps: Vec<Gap>,
    sniffs: RefCell<BTreeMap<String, Rc<Sniff>>>,
    sniffed: RefCell<Sniffed>,
    sql_bytes_left: Cell<u64>,
    /// SQL files that were read and do not hold [`MARK`].
    unmarked: RefCell<BTreeSet<String>>,
}

impl Tree {
    /// Walks a directory. Fails only when the root itself cannot be listed.
    pub(crate) fn walk(root: &Path, options: &ReadOptions, progress: &dyn Fn(&str)) -> Result<Self, crate::ReadError> {
        let walked = walk::walk(root, options.max_files, progress)?;
        Ok(Self {
            root: root.to_path_buf(),
            folders: walked.folders,
            file_count: walked.file_count,
            gaps: walked.gaps,
            sniffs: RefCell::default(),
            sniffed: RefCell::default(),
            sql_bytes_left: Cell::new(options.max_sql_bytes),
            unmarked: RefCell::default(),
        })
    }

    /// Name of the directory.
    pub(crate) fn root_name(&self) -> String {
        let name = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned());
        name(&self.root).or_else(|| self.root.canonicalize().ok().as_deref().and_then(name)).unwrap_or_else(|| ".".to_owned())
    }

    /// A folder by relative path; empty for the root.
    pub(crate) fn folder(&self, path: &str) -> Option<&Folder> {
        self.folders.get(path)
    }

    /// All folders with their relative paths, sorted.
    pub(crate) fn folders(&self) -> impl Iterator<Item = (&str, &Folder)> {
        self.folders.iter().map(|(path, folder)| (path.as_str(), folder))
    }

    /// All files as relative paths, sorted by folder, then name.
    pub(crate) fn files(&self) -> impl Iterator<Item = String> {
        self.folders.iter().flat_map(|(path, folder)| folder.files.iter().map(move |name| path::join(path, name)))
    }

    /// Files of that name anywhere.
    pub(crate) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        self.folders.iter().filter(move |(_, f)| f.has_file(name)).map(move |(path, _)| path::join(path, name))
    }

    /// Whether the file was seen.
    pub(crate) fn has_file(&self, path: &str) -> bool {
        self.folder(path::parent(path)).is_some_and(|f| f.has_file(path::file_name(path)))
    }

    /// Reads a file as text.
    pub(crate) fn read(&self, path: &str) -> Result<TextFile, Unreadable> {
        self.allowed(path).and_then(|full| text::read(&full))
    }

    /// Reads an SQL file; all of them together have a limit.
    pub(crate) fn read_sql(&self, path: &str) -> Result<TextFile, Unreadable> {
        let sniffed = self.sniffed.borrow_mut().take(path);
        let file = match sniffed {
            Some(file) => file,
            None => text::read(&self.allowed(path)?)?,
        };
        match self.sql_bytes_left.get().checked_sub(file.text.len() as u64) {
            Some(left) => {
                self.sql_bytes_left.set(left);
                if !file.text.contains(MARK) {
                    self.unmarked.borrow_mut().insert(path.to_owned());
                }
                Ok(file)
            }
            None => Err(Unreadable::Io(std::io::Error::other("the limit for SQL text of one project is used up"))),
        }
    }

    /// SQL files that were read and do not speak to Architrave.
    pub(crate) fn unmarked(&self) -> BTreeSet<String> {
        self.unmarked.take()
    }

    /// What the start of an SQL file shows.
    pub(crate) fn sniff(&self, path: &str) -> Rc<Sniff> {
        if let Some(known) = self.sniffs.borrow().get(path) {
            return Rc::clone(known);
        }
        let sniff = match self.allowed(path).and_then(|full| text::read_start(&full, Sniff::BYTES)) {
            Ok((file, is_whole)) => {
                let mut sniff = Sniff::of(&file.text);
                sniff.starts_without_transaction &= file.bom == 0;
                if is_whole {
                    self.sniffed.borrow_mut().keep(path, file);
                }
                sniff
            }
            Err(_) => Sniff::default(),
        };
        let sniff = Rc::new(sniff);
        self.sniffs.borrow_mut().insert(path.to_owned(), Rc::clone(&sniff));
        sniff
    }

    /// Where to read the file, unless it is an environment file, also behind a link.
    fn allowed(&self, path: &str) -> Result<PathBuf, Unreadable> {
        let full = self.root.join(path);
        let forbidden = |p: &Path| p.file_name().is_some_and(|n| is_environment_file(&n.to_string_lossy()));
        let is_link = std::fs::symlink_metadata(&full).map_err(Unreadable::Io)?.is_symlink();
        // Links to folders above it do not change a file's own name.
        let real = if is_link { full.canonicalize().map_err(Unreadable::Io)? } else { full.clone() };
        if forbidden(&full) || forbidden(&real) {
            return Err(Unreadable::Io(std::io::Error::other("environment files are never opened")));
        }
        Ok(real)
    }
}

impl Folder {
    /// Whether a file of that name lies in it.
    pub(crate) fn has_file(&self, name: &str) -> bool {
        self.files.binary_search_by(|f| f.as_str().cmp(name)).is_ok()
    }
}
