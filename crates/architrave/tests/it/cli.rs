//! Runs the binary the way a shell does; shared by the other modules.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run has left behind.
pub(crate) struct Outcome {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The binary with an environment of its own: no user configuration, no colours.
pub(crate) fn architrave() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_architrave"));
    for name in ["DATABASE_URL", "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSERVICE", "PGSSLMODE", "PGPASSFILE"] {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Runs with these arguments.
pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Outcome {
    finish(architrave().args(arguments))
}

/// Runs to the end.
pub(crate) fn finish(command: &mut Command) -> Outcome {
    let output = command.output().expect("the binary starts");
    Outcome {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Outcome {
    /// One clear sentence on standard error, nothing on standard output, exit status 2.
    #[track_caller]
    pub(crate) fn refused(&self, fragments: &[&str]) {
        assert_eq!(self.status, 2, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "");
        assert_eq!(self.stderr.trim_end().lines().count(), 1, "more than one line: {}", self.stderr);
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
        for fragment in fragments {
            assert!(self.stderr.contains(fragment), "no “{fragment}” in {}", self.stderr);
        }
    }
}

/// A directory with these files, removed with the value.
pub(crate) fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (path, text) in files {
        write(directory.path(), path, text.as_bytes());
    }
    directory
}

/// Writes one file with its directories.
pub(crate) fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
    std::fs::write(path, bytes).expect("a file");
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
