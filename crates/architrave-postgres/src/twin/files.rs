//! The files of a twin's relations: grown to the source's size without using space.

use super::error::TwinError;
use super::page::PAGE;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Pages of one file: PostgreSQL starts another behind 1 GiB.
const SEGMENT: u64 = 131_072;

/// A file this large that is to be empty and yet takes half of its size is not sparse.
const SPARSE_PROBE: u64 = 64 << 20;

/// Makes files look like the server's own.
#[derive(Debug, Clone)]
pub(super) struct Files {
    data_dir: PathBuf,
    /// User and group of the account that runs the server, where it is not ours.
    #[cfg(unix)]
    owner: Option<(u32, u32)>,
}

impl Files {
    /// For the server of this data directory.
    pub(super) fn new(data_dir: &Path) -> Result<Self, TwinError> {
        #[cfg(unix)]
        let owner = {
            use std::os::unix::fs::MetadataExt as _;
            let found = std::fs::metadata(data_dir).map_err(TwinError::io("read", data_dir))?;
            (found.uid() != rustix::process::geteuid().as_raw()).then_some((found.uid(), found.gid()))
        };
        Ok(Self {
            data_dir: data_dir.to_owned(),
            #[cfg(unix)]
            owner,
        })
    }

    /// The file of a relation whose path the server gives.
    pub(super) fn full(&self, relative: &Path) -> PathBuf {
        self.data_dir.join(relative)
    }

    /// The file of that number in the directory of a relation.
    pub(super) fn beside(&self, relative: &Path, number: u32) -> PathBuf {
        self.full(relative).with_file_name(number.to_string())
    }

    /// Writes a new file that begins with `head` and has `pages` pages.
    pub(super) fn write(&self, path: &Path, head: &[u8], pages: u64) -> Result<(), TwinError> {
        let mut file = self.create(path)?;
        file.write_all(head).map_err(TwinError::io("write", path))?;
        drop(file);
        self.grow(path, pages.max((head.len() / PAGE) as u64))
    }

    /// Gives a relation's file `pages` pages, in as many segments as that takes; what it holds stays.
    pub(super) fn grow(&self, path: &Path, pages: u64) -> Result<(), TwinError> {
        let mut left = pages;
        let mut segment = 0_u64;
        loop {
            let here = left.min(SEGMENT);
            let part = if segment == 0 { path.to_owned() } else { PathBuf::from(format!("{}.{segment}", path.display())) };
            let file = if segment == 0 { open(&part)? } else { self.create(&part)? };
            let length = here * PAGE as u64;
            let known = file.metadata().map_err(TwinError::io("read", &part))?.len();
            if known < length {
                file.set_len(length).map_err(TwinError::io("grow", &part))?;
                check_sparse(&file, &part, length)?;
            }
            left -= here;
            // A full segment is always followed by another one: that is how the server sees that this was the last.
            if here < SEGMENT {
                return Ok(());
            }
            segment += 1;
        }
    }

    fn create(&self, path: &Path) -> Result<File, TwinError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(TwinError::io("create", path))?;
        #[cfg(unix)]
        if let Some((user, group)) = self.owner {
            std::os::unix::fs::fchown(&file, Some(user), Some(group)).map_err(TwinError::io("hand over", path))?;
        }
        Ok(file)
    }
}

/// Removes a file that no relation uses, with its segments.
pub(super) fn remove(path: &Path) {
    let mut part = path.to_owned();
    let mut segment = 0_u64;
    // What cannot be removed goes with the database.
    while std::fs::remove_file(&part).is_ok() {
        segment += 1;
        part = PathBuf::from(format!("{}.{segment}", path.display()));
    }
}

fn open(path: &Path) -> Result<File, TwinError> {
    OpenOptions::new().write(true).open(path).map_err(TwinError::io("open", path))
}

/// Notices a file system that fills empty files, before the disk is full.
#[cfg(unix)]
fn check_sparse(file: &File, path: &Path, length: u64) -> Result<(), TwinError> {
    use std::os::unix::fs::MetadataExt as _;
    if length < SPARSE_PROBE {
        return Ok(());
    }
    let taken = file.metadata().map_err(TwinError::io("read", path))?.blocks() * 512;
    if taken > length / 2 { Err(TwinError::NotSparse { path: path.to_owned() }) } else { Ok(()) }
}

#[cfg(not(unix))]
fn check_sparse(_file: &File, _path: &Path, _length: u64) -> Result<(), TwinError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_grown_in_segments_and_removed() {
        let directory = tempfile::tempdir().unwrap();
        let files = Files::new(directory.path()).unwrap();
        let path = directory.path().join("1");
        files.write(&path, &[7; PAGE], 2 * SEGMENT + 3).unwrap();
        let length = |name: &str| std::fs::metadata(directory.path().join(name)).unwrap().len();
        assert_eq!((length("1"), length("1.1"), length("1.2")), (1 << 30, 1 << 30, 3 * PAGE as u64));
        assert!(!directory.path().join("1.3").exists());
        let again = files.write(&path, &[], 1).unwrap_err();
        assert!(again.to_string().starts_with("cannot create "), "{again}");
        remove(&path);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        // Exactly full: an empty segment follows.
        files.write(&path, &[], SEGMENT).unwrap();
        assert_eq!(length("1.1"), 0);
    }

    #[test]
    fn a_full_disk_is_said() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = TwinError::io("grow", Path::new("/x"))(full).to_string();
        assert_eq!(error, "no space is left on the disk of /x for the twin; ARCHITRAVE_CACHE_DIR names another place");
    }
}
