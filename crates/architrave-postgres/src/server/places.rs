//! The directories of the cache, and where they are when we are root and the server runs as somebody else.
//!
//! ```text
//! <cache>/downloads/    tarballs on their way (`.part`), their locks
//! <work>/servers/       fetched servers, one directory per package version
//! <work>/templates/     data directories after `initdb`, one per exact server
//! <work>/run/           one locked directory per running server, template build or unpacking
//! <memory>/             the running servers instead, where the machine has memory to spare
//! ```
//!
//! `<work>` is the cache directory itself, except when we are root and the account that runs the server cannot enter it
//! (`/root` is closed): then it is a directory with an unpredictable name below `/var/cache` or `/var/tmp`, whose path the
//! cache directory remembers.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{ServerError, ServerOptions, account, account::Account, locked};

/// The file of the cache directory that remembers where the work directory is.
const POINTER: &str = "work-directory";

/// The directory of Linux whose files are in memory.
pub(super) const MEMORY: &str = "/dev/shm";

/// The resolved directories.
#[derive(Debug, Clone)]
pub(super) struct Places {
    cache: PathBuf,
    work: PathBuf,
    memory: Option<PathBuf>,
}

impl Places {
    /// Finds the directories and makes them where they are missing.
    pub(super) fn open(options: &ServerOptions, account: Option<&Account>) -> Result<Self, ServerError> {
        let cache = options.cache_dir.as_path();
        make(cache, account.is_some())?;
        let cache = cache.canonicalize().map_err(ServerError::io("open", cache))?;
        let work = if account::may_enter(&cache, account) {
            cache.clone()
        } else {
            match remembered(&cache) {
                Some(work) if account::may_enter(&work, account) => work,
                _ => make_outside(&cache)?,
            }
        };
        let memory = options.memory_dir.clone().filter(|memory| account::may_enter(memory, account));
        let places = Self { cache, work, memory };
        make(&places.downloads(), false)?;
        make(&places.servers(), account.is_some())?;
        make(&places.templates(), false)?;
        let run = places.run();
        make(&run, false)?;
        share_run(&run, account)?;
        spread(&run);
        Ok(places)
    }

    /// The directories as they are, without making any.
    pub(super) fn existing(options: &ServerOptions) -> Self {
        let cache = options.cache_dir.canonicalize().unwrap_or_else(|_| options.cache_dir.clone());
        let work = remembered(&cache).unwrap_or_else(|| cache.clone());
        Self { cache, work, memory: options.memory_dir.clone() }
    }

    /// Where tarballs arrive.
    pub(super) fn downloads(&self) -> PathBuf {
        self.cache.join("downloads")
    }

    /// Where fetched servers are.
    pub(super) fn servers(&self) -> PathBuf {
        self.work.join("servers")
    }

    /// Where data directories to copy are.
    pub(super) fn templates(&self) -> PathBuf {
        self.work.join("templates")
    }

    /// Where the directories of running servers are made.
    pub(super) fn instances(&self) -> PathBuf {
        self.memory.clone().unwrap_or_else(|| self.run())
    }

    /// Whether servers keep their files in memory.
    pub(super) fn is_in_memory(&self) -> bool {
        self.memory.is_some()
    }

    /// The same, with servers that keep their files on disk.
    pub(super) fn on_disk(&self) -> Self {
        Self { memory: None, ..self.clone() }
    }

    /// Everywhere that a locked directory may be: memory may have been short, or not, when it was made.
    pub(super) fn all_runs(&self) -> Vec<PathBuf> {
        let mut places = vec![self.run()];
        places.extend(self.memory.clone());
        places.push(PathBuf::from(MEMORY));
        places.dedup();
        places
    }

    /// Where everything else is that lives no longer than its process.
    pub(super) fn run(&self) -> PathBuf {
        self.work.join("run")
    }

    /// Removes the directories that are empty by now, and forgets a work directory outside the cache with them.
    pub(super) fn remove_empty(&self) {
        for place in [self.downloads(), self.servers(), self.templates(), self.run()] {
            let _ = fs::remove_dir(place);
        }
        if self.work != self.cache && fs::remove_dir(&self.work).is_ok() {
            let _ = fs::remove_file(self.cache.join(POINTER));
        }
    }
}

/// Makes a directory and those above it; `open` lets other accounts enter what we made.
fn make(path: &Path, open: bool) -> Result<(), ServerError> {
    if !path.is_dir() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, if open { 0o755 } else { 0o700 });
        builder.create(path).map_err(ServerError::io("create", path))?;
        if open {
            set_mode(path, 0o755)?;
        }
    }
    check_ours(path)
}

/// A directory for servers outside the cache, its name not to be guessed.
fn make_outside(cache: &Path) -> Result<PathBuf, ServerError> {
    let parent = ["/var/cache", "/var/tmp", "/tmp"].iter().map(Path::new).find(|place| place.is_dir());
    let parent = parent.unwrap_or(cache);
    let work = parent.join(format!("architrave-{:016x}", locked::random()));
    locked::create_private(&work)?;
    set_mode(&work, 0o711)?;
    let early = cache.join(format!("{POINTER}.{:08x}", locked::random() as u32));
    let pointer = cache.join(POINTER);
    fs::write(&early, work.to_string_lossy().as_bytes()).map_err(ServerError::io("write", &early))?;
    // Of two processes at once the first wins, and the second takes the winner's directory.
    let linked = fs::hard_link(&early, &pointer);
    let result = match linked {
        Ok(()) => Ok(work),
        Err(_) => match remembered(cache) {
            Some(winner) => fs::remove_dir(&work).map(|()| winner).map_err(ServerError::io("remove", &work)),
            None => fs::rename(&early, &pointer).map(|()| work).map_err(ServerError::io("write", &pointer)),
        },
    };
    let _ = fs::remove_file(&early);
    result
}

/// The work directory that the cache remembers, when it is still there and ours.
fn remembered(cache: &Path) -> Option<PathBuf> {
    let work = PathBuf::from(fs::read_to_string(cache.join(POINTER)).ok()?);
    (work.is_absolute() && work.symlink_metadata().ok()?.is_dir() && check_ours(&work).is_ok()).then_some(work)
}

/// Refuses a directory that another user owns or may write.
#[cfg(unix)]
fn check_ours(path: &Path) -> Result<(), ServerError> {
    use std::os::unix::fs::MetadataExt as _;
    let found = fs::metadata(path).map_err(ServerError::io("open", path))?;
    if found.uid() == rustix::process::geteuid().as_raw() { Ok(()) } else { Err(ServerError::NotOurs { path: path.to_owned() }) }
}

/// Windows keeps the user's cache directory to the user.
#[cfg(not(unix))]
fn check_ours(_path: &Path) -> Result<(), ServerError> {
    Ok(())
}

/// Sets the permission bits.
#[cfg(unix)]
pub(super) fn set_mode(path: &Path, mode: u32) -> Result<(), ServerError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(ServerError::io("change", path))
}

/// Windows has no permission bits.
#[cfg(not(unix))]
pub(super) fn set_mode(_path: &Path, _mode: u32) -> Result<(), ServerError> {
    Ok(())
}

/// Lets the account, and only it, make and remove its own entries in `run`: the watchdog runs as the account and removes
/// the instance when we are dead. The sticky bit keeps ours from it.
#[cfg(unix)]
fn share_run(run: &Path, account: Option<&Account>) -> Result<(), ServerError> {
    use std::os::unix::fs::MetadataExt as _;
    let Some(account) = account else { return Ok(()) };
    let found = fs::metadata(run).map_err(ServerError::io("open", run))?;
    if found.gid() == account.gid && found.mode() & 0o7777 == 0o1770 {
        return Ok(());
    }
    std::os::unix::fs::chown(run, None, Some(account.gid)).map_err(ServerError::io("hand over", run))?;
    set_mode(run, 0o1770)
}

/// Says beforehand that the disk is too full: a program that meets its end midway cannot even write down why it failed.
#[cfg(unix)]
pub(super) fn require_space(path: &Path, bytes: u64) -> Result<(), ServerError> {
    match rustix::fs::statvfs(path) {
        // A file system without a size does not tell.
        Ok(found) if found.f_blocks > 0 && found.f_bavail.saturating_mul(found.f_frsize) < bytes => {
            Err(ServerError::NoSpace { path: path.to_owned() })
        }
        _ => Ok(()),
    }
}

/// Not asked on Windows.
#[cfg(not(unix))]
pub(super) fn require_space(_path: &Path, _bytes: u64) -> Result<(), ServerError> {
    Ok(())
}

/// Asks the file system to put each directory below this one somewhere else on the disk (`chattr +T`), as it does at its
/// root. An ext4 without a journal, as virtual machines have, avoids every inode that was deleted within a minute by
/// looking at each: where thousands of a server's files were just removed, a new one takes a second instead of 0.1 s.
#[cfg(target_os = "linux")]
pub(super) fn spread(directory: &Path) {
    use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
    let Ok(directory) = fs::File::open(directory) else { return };
    let Ok(flags) = ioctl_getflags(&directory) else { return };
    if !flags.contains(IFlags::TOPDIR) {
        let _ = ioctl_setflags(&directory, flags | IFlags::TOPDIR);
    }
}

/// Other systems have no such flag.
#[cfg(not(target_os = "linux"))]
pub(super) fn spread(_directory: &Path) {}

/// Nothing to share where we are never root.
#[cfg(not(unix))]
fn share_run(_run: &Path, _account: Option<&Account>) -> Result<(), ServerError> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_closed_cache_directory_gets_a_work_directory_outside_and_keeps_it() {
        let Ok(account) = account::service_account() else { return };
        let cache = tempfile::tempdir().unwrap();
        let options = ServerOptions { cache_dir: cache.path().to_owned(), ..ServerOptions::from_env() };
        let first = Places::open(&options, account.as_ref()).unwrap();
        let second = Places::open(&options, account.as_ref()).unwrap();
        assert_eq!(first.run(), second.run());
        assert!(account::may_enter(&first.servers(), account.as_ref()));
        assert!(first.downloads().starts_with(cache.path().canonicalize().unwrap()));
        assert_eq!(Places::existing(&options).run(), first.run());
        first.remove_empty();
        assert_eq!(first.work.exists(), first.work == first.cache);
    }

    #[test]
    fn a_full_disk_is_said_beforehand() {
        let directory = tempfile::tempdir().unwrap();
        require_space(directory.path(), 1).unwrap();
        let message = require_space(directory.path(), u64::MAX).unwrap_err().to_string();
        assert!(message.starts_with("no space is left on the disk of "), "{message}");
    }

    #[test]
    fn a_file_in_the_way_is_one_clear_sentence() {
        let cache = tempfile::tempdir().unwrap();
        let blocked = cache.path().join("file");
        fs::write(&blocked, "").unwrap();
        let options = ServerOptions { cache_dir: blocked.join("cache"), ..ServerOptions::from_env() };
        let message = Places::open(&options, None).unwrap_err().to_string();
        assert!(message.starts_with("cannot create "), "{message}");
    }
}
