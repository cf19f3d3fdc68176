//! The walk: breadth first, sorted, bounded, without following links to folders, with `.gitignore` in force except over schema folders.

use super::{Folder, is_environment_file};
use crate::error::ReadError;
use crate::path;
use architrave_model::Gap;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;
use std::rc::Rc;

/// Deeper folders are not entered.
const MAX_DEPTH: usize = 48;

/// Folders that hold what was installed, generated or cached; nobody designs a schema there.
const SKIPPED_FOLDERS: &[&str] = &[
    "node_modules",
    "bower_components",
    "jspm_packages",
    "vendor",
    "dist",
    "__pycache__",
    "site-packages",
    "venv",
    "virtualenv",
    "coverage",
    "Pods",
    "DerivedData",
    "elm-stuff",
    "_build",
];

/// Hidden folders that are worth a look; all others are skipped.
const HIDDEN_FOLDERS: &[&str] = &[".claude", ".github", ".circleci", ".devcontainer", ".docker", ".config"];

/// Folders that `.gitignore` does not hide: schemas live there even where the project leaves them out of git.
const SCHEMA_FOLDERS: &[&str] = &["supabase", "prisma", "drizzle", "migrations"];

pub(super) struct Walked {
    pub(super) folders: BTreeMap<String, Folder>,
    pub(super) file_count: u64,
    pub(super) gaps: Vec<Gap>,
}

/// `.gitignore` files from here up to the root.
struct Ignored {
    rules: Gitignore,
    above: Option<Rc<Ignored>>,
}

struct Pending {
    path: String,
    depth: usize,
    ignored: Option<Rc<Ignored>>,
    /// Inside a schema folder that `.gitignore` names: its content counts.
    forced: bool,
}

struct Walker<'a> {
    root: &'a Path,
    real_root: std::path::PathBuf,
    max_files: usize,
    queue: VecDeque<Pending>,
    walked: Walked,
    entered: usize,
    too_deep: Vec<String>,
    unlisted: Vec<String>,
}

pub(super) fn walk(root: &Path, max_files: usize, progress: &dyn Fn(&str)) -> Result<Walked, ReadError> {
    let metadata = fs::metadata(root).map_err(|e| ReadError::io(root, e))?;
    if !metadata.is_dir() {
        return Err(ReadError::NotADirectory { path: root.to_path_buf() });
    }
    fs::read_dir(root).map_err(|e| ReadError::io(root, e))?;
    let real_root = root.canonicalize().map_err(|e| ReadError::io(root, e))?;
    let mut walker = Walker {
        root,
        real_root,
        max_files: max_files.max(1),
        queue: VecDeque::from([Pending { path: String::new(), depth: 0, ignored: None, forced: false }]),
        walked: Walked { folders: BTreeMap::new(), file_count: 0, gaps: Vec::new() },
        entered: 0,
        too_deep: Vec::new(),
        unlisted: Vec::new(),
    };
    let mut said = 0;
    while let Some(pending) = walker.queue.pop_front() {
        if !walker.enter(pending) {
            break;
        }
        if walker.walked.file_count >= said + 1000 {
            said = walker.walked.file_count;
            progress(&format!("looking at files: {said}"));
        }
    }
    Ok(walker.finish())
}

impl Walker<'_> {
    /// Lists one folder; false when a limit ends the walk.
    fn enter(&mut self, pending: Pending) -> bool {
        let full = self.root.join(&pending.path);
        self.entered += 1;
        let listed = fs::read_dir(&full).and_then(|entries| {
            // One folder alone may be larger than the limit: its rest is not even listed.
            entries.take(self.max_files.saturating_add(1)).collect::<io::Result<Vec<_>>>()
        });
        let Ok(listed) = listed else {
            self.unlisted.push(path::display(&pending.path));
            return true;
        };
        let mut entries: Vec<(String, DirEntry)> = listed.into_iter().filter_map(|e| self.named(&pending.path, e)).collect();
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let ignored = rules_here(&full, &entries, pending.ignored.as_ref());
        let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        let mut folder = Folder::default();
        let mut complete = true;
        for (name, entry) in &entries {
            let Ok(file_type) = entry.file_type() else { continue };
            let relative = path::join(&pending.path, name);
            if file_type.is_dir() {
                let forced = pending.forced || SCHEMA_FOLDERS.contains(&name.as_str());
                let hidden = !forced && is_ignored(ignored.as_ref(), &full.join(name), true);
                if hidden || is_skipped(name, &names) {
                    continue;
                }
                if pending.depth + 1 > MAX_DEPTH {
                    self.too_deep.push(relative);
                    continue;
                }
                folder.folders.push(name.clone());
                self.queue.push_back(Pending { path: relative, depth: pending.depth + 1, ignored: ignored.clone(), forced });
            } else {
                if file_type.is_symlink() && !self.is_file_behind_link(&full.join(name), &relative) || file_type_is_special(file_type) {
                    continue;
                }
                if !pending.forced && is_ignored(ignored.as_ref(), &full.join(name), false) {
                    continue;
                }
                if self.walked.file_count >= self.max_files as u64 {
                    complete = false;
                    break;
                }
                self.walked.file_count += 1;
                folder.files.push(name.clone());
            }
        }
        self.walked.folders.insert(pending.path, folder);
        if !complete || self.entered > self.max_files {
            self.say_limit();
            return false;
        }
        true
    }

    /// The name as text; one that is no UTF-8 cannot be opened by a relative path of ours.
    fn named(&mut self, folder: &str, entry: DirEntry) -> Option<(String, DirEntry)> {
        match entry.file_name().into_string() {
            Ok(name) => Some((name, entry)),
            Err(raw) => {
                let shown = path::join(folder, &raw.to_string_lossy());
                self.walked.gaps.push(Gap::new(shown, "its name is not UTF-8", Some("rename it")));
                None
            }
        }
    }

    /// Whether a link leads to a regular file inside the project that is no environment file.
    fn is_file_behind_link(&mut self, full: &Path, relative: &str) -> bool {
        let Ok(real) = full.canonicalize() else { return false };
        let name = path::file_name(relative);
        if !real.starts_with(&self.real_root) {
            if SCHEMA_FOLDERS.contains(&name) || path::has_extension(name, "sql") {
                let why = "a symbolic link out of the project; links are not followed there";
                self.walked.gaps.push(Gap::new(relative, why, Some("give the directory it leads to as a target of its own")));
            }
            return false;
        }
        let environment = real.file_name().is_some_and(|n| is_environment_file(&n.to_string_lossy()));
        !environment && fs::metadata(&real).is_ok_and(|m| m.is_file())
    }

    fn say_limit(&mut self) {
        let what = format!("files after the first {}", self.walked.file_count);
        let why = "the limit of files for one project was reached";
        self.walked.gaps.push(Gap::new(what, why, Some("give the folder that holds the database as the target")));
    }

    fn finish(mut self) -> Walked {
        if let Some(first) = self.unlisted.first() {
            let what =
                if self.unlisted.len() == 1 { first.clone() } else { format!("{first} and {} more folders", self.unlisted.len() - 1) };
            self.walked.gaps.push(Gap::new(what, "may not be listed (permission denied)", Some("give this user read permission")));
        }
        if let Some(first) = self.too_deep.first() {
            let what = format!("{first} and what lies below");
            self.walked.gaps.push(Gap::new(what, format!("more than {MAX_DEPTH} folders deep"), None));
        }
        self.walked
    }
}

/// Whether a folder of this name, beside these, is never entered.
fn is_skipped(name: &str, beside: &[&str]) -> bool {
    let any = |files: &[&str]| files.iter().any(|f| beside.contains(f));
    if name.starts_with('.') {
        return !HIDDEN_FOLDERS.contains(&name);
    }
    match name {
        "target" => any(&["Cargo.toml", "pom.xml", "build.sbt"]),
        "build" => any(&["package.json", "build.gradle", "build.gradle.kts", "setup.py", "pyproject.toml", "CMakeLists.txt"]),
        "deps" => any(&["mix.exs"]),
        "env" => any(&["requirements.txt", "pyproject.toml", "setup.py"]),
        _ => SKIPPED_FOLDERS.contains(&name),
    }
}

#[cfg(unix)]
fn file_type_is_special(file_type: fs::FileType) -> bool {
    !file_type.is_file() && !file_type.is_symlink()
}

#[cfg(not(unix))]
fn file_type_is_special(_: fs::FileType) -> bool {
    false
}

fn rules_here(folder: &Path, entries: &[(String, DirEntry)], above: Option<&Rc<Ignored>>) -> Option<Rc<Ignored>> {
    const MAX_BYTES: u64 = 1024 * 1024;
    let regular = |entry: &DirEntry| entry.metadata().is_ok_and(|m| m.is_file() && m.len() <= MAX_BYTES);
    if !entries.iter().any(|(name, entry)| name == ".gitignore" && regular(entry)) {
        return above.cloned();
    }
    let mut builder = GitignoreBuilder::new(folder);
    // Lines that git would not understand either are left out one by one.
    builder.add(folder.join(".gitignore"));
    match builder.build() {
        Ok(rules) => Some(Rc::new(Ignored { rules, above: above.cloned() })),
        Err(_) => above.cloned(),
    }
}

fn is_ignored(ignored: Option<&Rc<Ignored>>, full: &Path, is_dir: bool) -> bool {
    let mut here = ignored;
    while let Some(node) = here {
        let verdict = node.rules.matched(full, is_dir);
        if verdict.is_ignore() {
            return true;
        }
        if verdict.is_whitelist() {
            return false;
        }
        here = node.above.as_ref();
    }
    false
}
