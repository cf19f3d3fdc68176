//! The user's own `git`, asked three things: is this a repository, which files does a commit have, which have changed since.

use crate::ReadError;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

/// A repository and the reference that is compared with.
pub(super) struct Git<'a> {
    root: &'a Path,
    reference: &'a str,
    /// Where the branch of the working tree left the reference.
    pub(super) base: String,
    /// The commit of the reference itself.
    pub(super) tip: String,
}

impl<'a> Git<'a> {
    /// Finds the two commits. Every way in which that can fail is one sentence.
    pub(super) fn open(root: &'a Path, reference: &'a str) -> Result<Self, ReadError> {
        let mut git = Self { root, reference, base: String::new(), tip: String::new() };
        git.run(&["rev-parse", "--is-inside-work-tree"])?;
        if reference.is_empty() || reference.starts_with('-') {
            return Err(git.error("that is no name of a commit"));
        }
        let commit = format!("{reference}^{{commit}}");
        git.tip = match git.run(&["rev-parse", "--verify", "--quiet", &commit]) {
            Ok(tip) => line(&tip),
            Err(_) if git.is_shallow() => {
                return Err(git.error("the clone is shallow and does not have it; fetch the history: git fetch --unshallow"));
            }
            Err(_) => return Err(git.error("there is no such commit; if it is a branch of the remote, fetch it first")),
        };
        git.base = match git.run(&["merge-base", &git.tip, "HEAD"]) {
            Ok(base) => line(&base),
            // Right after `git init` there is no HEAD; then everything is new.
            Err(_) if git.run(&["rev-parse", "--verify", "--quiet", "HEAD"]).is_err() => git.tip.clone(),
            Err(_) if git.is_shallow() => {
                return Err(git.error("the clone is shallow and ends before their common ancestor: git fetch --unshallow"));
            }
            Err(_) => return Err(git.error("it has no ancestor in common with what is checked out")),
        };
        Ok(git)
    }

    /// Files of a commit in this directory, relative to it.
    pub(super) fn files_at(&self, commit: &str) -> Result<BTreeSet<String>, ReadError> {
        Ok(names(&self.run(&["ls-tree", "-r", "-z", "--name-only", commit])?))
    }

    /// Files that the working tree has with another content than the base, relative to the directory.
    pub(super) fn changed(&self) -> Result<BTreeSet<String>, ReadError> {
        let arguments = ["diff", "--name-only", "-z", "--relative", "--no-renames", "--no-ext-diff", "--no-textconv", "--diff-filter=MT"];
        Ok(names(&self.run(&[&arguments[..], &[self.base.as_str(), "--"]].concat())?))
    }

    /// The content of a file at the base.
    pub(super) fn content(&self, path: &str) -> Option<Vec<u8>> {
        self.run(&["cat-file", "blob", &format!("{}:./{path}", self.base)]).ok()
    }

    fn is_shallow(&self) -> bool {
        self.run(&["rev-parse", "--is-shallow-repository"]).is_ok_and(|said| line(&said) == "true")
    }

    fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, ReadError> {
        let mut command = Command::new("git");
        // No helper of the repository's configuration is started, nothing is written, nobody is asked.
        command.arg("-C").arg(self.root).args(["-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "--no-pager"]);
        command.args(arguments).stdin(Stdio::null());
        command.envs([("GIT_OPTIONAL_LOCKS", "0"), ("GIT_TERMINAL_PROMPT", "0"), ("GIT_NO_LAZY_FETCH", "1"), ("LC_ALL", "C")]);
        for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            command.env_remove(variable);
        }
        let output = match command.output() {
            Ok(output) => output,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(self.error("git is not installed, or not on the PATH"));
            }
            Err(error) => return Err(self.error(&format!("git cannot be started: {error}"))),
        };
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = line(&output.stderr);
        if said.contains("not a git repository") {
            return Err(self.error(&format!("{} is not in a git repository", self.root.display())));
        }
        Err(self.error(&format!("git said: {}", said.strip_prefix("fatal: ").unwrap_or(&said))))
    }

    fn error(&self, why: &str) -> ReadError {
        ReadError::Since { reference: self.reference.to_owned(), why: why.to_owned() }
    }
}

fn line(output: &[u8]) -> String {
    String::from_utf8_lossy(output).lines().next().unwrap_or_default().trim().to_owned()
}

fn names(output: &[u8]) -> BTreeSet<String> {
    output.split(|b| *b == 0).filter(|name| !name.is_empty()).map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}
