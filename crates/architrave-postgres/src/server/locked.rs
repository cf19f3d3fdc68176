//! Directories that live as long as the process that made them: each holds a locked file, so that any later run can tell.
//!
//! The lock is the operating system's (`flock`), which it releases however the owner dies; a process id could be reused
//! and means nothing across containers that share a directory.

use std::{
    fs::{self, File},
    hash::{BuildHasher, Hasher},
    path::{Path, PathBuf},
    time::Duration,
};

use super::ServerError;

/// How the names of all these directories begin: some stand in places that others use too.
pub(super) const PREFIX: &str = "architrave-";

/// Held by the owner as long as it lives.
const LOCK: &str = "lock";

/// A directory without a lock file that is younger than this is one that is just being made.
const BEING_MADE: Duration = Duration::from_mins(10);

/// A private directory of this process.
#[derive(Debug)]
pub(super) struct LockedDirectory {
    path: PathBuf,
    lock: Option<File>,
}

impl LockedDirectory {
    /// Makes `<parent>/architrave-<process id>-<random>`, readable by nobody else.
    pub(super) fn create(parent: &Path) -> Result<Self, ServerError> {
        let path = parent.join(format!("{PREFIX}{}-{:08x}", std::process::id(), random() as u32));
        create_private(&path)?;
        // Renamed into place only when it is locked: nobody ever sees an unlocked one of a living owner.
        let early = path.join("lock.new");
        let lock = File::create(&early).map_err(ServerError::io("create", &early))?;
        lock_where_possible(&lock, &early)?;
        fs::rename(&early, path.join(LOCK)).map_err(ServerError::io("create", &path.join(LOCK)))?;
        Ok(Self { path, lock: Some(lock) })
    }

    /// Takes over the directory of a dead process; `None` while its owner lives.
    pub(super) fn take_over(path: &Path) -> Option<Self> {
        let is_named = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
        if !is_named || !path.symlink_metadata().ok()?.is_dir() {
            return None;
        }
        let lock = match File::open(path.join(LOCK)) {
            Ok(lock) => lock,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let age = path.metadata().ok()?.modified().ok()?.elapsed().ok()?;
                return (age > BEING_MADE).then(|| Self { path: path.to_owned(), lock: None });
            }
            Err(_) => return None,
        };
        lock.try_lock().ok()?;
        Some(Self { path: path.to_owned(), lock: Some(lock) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the directory with all that is in it; what is gone already is fine.
    pub(super) fn remove(&mut self) {
        self.lock = None;
        remove_all(&self.path);
    }
}

impl Drop for LockedDirectory {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Waits for a lock. On a file system without locks nobody sweeps and nobody waits, and everything else works.
pub(super) fn lock_where_possible(file: &File, path: &Path) -> Result<(), ServerError> {
    match file.lock() {
        Err(error) if error.kind() != std::io::ErrorKind::Unsupported => Err(ServerError::io("lock", path)(error)),
        _ => Ok(()),
    }
}

/// Makes a directory that only its owner may enter; its parent must exist.
pub(super) fn create_private(path: &Path) -> Result<(), ServerError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(ServerError::io("create", path))
}

/// Removes a tree, best effort: the next sweep tries again.
pub(super) fn remove_all(path: &Path) {
    // Twice, because a dying server may still write a file while the first pass runs.
    for _ in 0..2 {
        if fs::remove_dir_all(path).is_ok() || !path.exists() {
            return;
        }
    }
}

/// 64 random bits from the keys that the standard library draws from the operating system.
pub(super) fn random() -> u64 {
    let mut hasher = std::hash::RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_owner_is_left_alone_and_a_dead_one_is_not() {
        let parent = tempfile::tempdir().unwrap();
        let mut owned = LockedDirectory::create(parent.path()).unwrap();
        let path = owned.path().to_owned();
        assert!(LockedDirectory::take_over(&path).is_none());
        // What a killed process leaves: the directory, and a lock that nobody holds.
        owned.lock = None;
        assert_eq!(LockedDirectory::take_over(&path).unwrap().path(), path);
        assert!(!path.exists());
    }

    #[test]
    fn a_directory_that_is_just_being_made_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("architrave-1-abc");
        fs::create_dir(&path).unwrap();
        assert!(LockedDirectory::take_over(&path).is_none());
        assert!(path.exists());
    }

    #[test]
    fn random_numbers_differ() {
        assert_ne!(random(), random());
    }
}
