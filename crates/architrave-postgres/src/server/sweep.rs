//! Removes what dead processes left (a server that outlived its keeper, its directory) and, on demand, the whole cache.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::{Cleaned, ServerError, account, find, keeper, locked, locked::LockedDirectory, places::Places};

/// The file of an instance that says what belongs to it.
const OWNED: &str = "instance.json";

/// How long a server may take to end before it is killed outright.
const PATIENCE: Duration = Duration::from_secs(8);

/// What belongs to an instance besides its directory.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Owned {
    /// The binaries that it runs.
    pub(super) bin_dir: PathBuf,
    /// The short directory of its socket, when that is not the instance's own.
    pub(super) second: Option<PathBuf>,
}

impl Owned {
    /// Writes it into the instance's directory.
    pub(super) fn write(&self, directory: &Path) -> Result<(), ServerError> {
        let path = directory.join(OWNED);
        let text = serde_json::to_string(self).unwrap_or_default();
        fs::write(&path, text).map_err(ServerError::io("write", &path))
    }

    fn read(directory: &Path) -> Option<Self> {
        serde_json::from_str(&fs::read_to_string(directory.join(OWNED)).ok()?).ok()
    }
}

/// Removes the directories of dead processes; returns how many there were and their bytes.
pub(super) fn sweep(places: &Places) -> (usize, u64) {
    let (mut swept, mut bytes) = (0, 0);
    let Ok(account) = account::service_account() else { return (swept, bytes) };
    for path in places.all_runs().iter().flat_map(|run| find::subdirectories(run)) {
        if !account::is_owner(&path, account.as_ref()) {
            continue;
        }
        let Some(mut dead) = LockedDirectory::take_over(&path) else { continue };
        end_server_of(&path);
        let owned = Owned::read(&path);
        bytes += bytes_below(&path);
        dead.remove();
        if let Some(second) = owned.and_then(|owned| owned.second).filter(|second| is_socket_directory(second)) {
            locked::remove_all(&second);
        }
        swept += 1;
    }
    (swept, bytes)
}

/// The binaries that living instances run.
pub(super) fn in_use(places: &Places) -> Vec<PathBuf> {
    let instances = places.all_runs().into_iter().flat_map(|run| find::subdirectories(&run));
    instances.filter_map(|path| Owned::read(&path)).map(|owned| owned.bin_dir).collect()
}

/// The name that short socket directories have: nothing else is removed on the word of a file.
pub(super) const SOCKET_DIRECTORY: &str = "architrave-socket-";

fn is_socket_directory(path: &Path) -> bool {
    path.is_absolute()
        && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SOCKET_DIRECTORY))
        && path.symlink_metadata().is_ok_and(|found| found.is_dir())
}

/// Ends the server whose data directory is in `directory`, if one still runs there.
pub(super) fn end_server_of(directory: &Path) {
    let data = directory.join("data");
    let deadline = Instant::now() + PATIENCE;
    let mut asked = false;
    while let Some(process) = server_of(&data) {
        let forced = Instant::now() > deadline;
        if forced || !asked {
            signal(process, forced);
        }
        if Instant::now() > deadline + PATIENCE {
            return;
        }
        asked = true;
        keeper::pause();
    }
}

/// The process id in `postmaster.pid`, when that process really is the server of this data directory.
fn server_of(data: &Path) -> Option<i32> {
    let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let process: i32 = text.lines().next()?.trim().parse().ok().filter(|process| *process > 1)?;
    runs_in(process, data).then_some(process)
}

/// A server's working directory is its data directory.
#[cfg(target_os = "linux")]
fn runs_in(process: i32, data: &Path) -> bool {
    let (Ok(works_in), Ok(data)) = (fs::read_link(format!("/proc/{process}/cwd")), data.canonicalize()) else {
        return false;
    };
    works_in == data
}

/// The command line names the data directory.
#[cfg(all(unix, not(target_os = "linux")))]
fn runs_in(process: i32, data: &Path) -> bool {
    let output = std::process::Command::new("ps").args(["-o", "command=", "-p", &process.to_string()]).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&*data.to_string_lossy()))
}

/// The process exists and is a `postgres`.
#[cfg(windows)]
fn runs_in(process: i32, _data: &Path) -> bool {
    let filter = format!("PID eq {process}");
    let output = std::process::Command::new("tasklist").args(["/FI", &filter, "/FO", "CSV", "/NH"]).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("postgres.exe"))
}

#[cfg(unix)]
fn signal(process: i32, forced: bool) {
    use rustix::process::{Pid, Signal, kill_process};
    if let Some(process) = Pid::from_raw(process) {
        let _ = kill_process(process, if forced { Signal::KILL } else { Signal::QUIT });
    }
}

#[cfg(windows)]
fn signal(process: i32, _forced: bool) {
    let _ = std::process::Command::new("taskkill").args(["/F", "/T", "/PID", &process.to_string()]).output();
}

/// Removes everything that the cache holds and no living instance uses.
pub(super) fn clean(places: &Places) -> Result<Cleaned, ServerError> {
    let (dead_instances, bytes) = sweep(places);
    let mut cleaned = Cleaned { bytes, dead_instances, ..Cleaned::default() };
    let used = in_use(places);
    for server in find::subdirectories(&places.servers()) {
        if used.iter().any(|bin_dir| bin_dir.starts_with(&server)) {
            cleaned.in_use.push(server);
        } else {
            cleaned.bytes += remove_counted(&server)?;
            cleaned.servers += 1;
        }
    }
    for template in find::subdirectories(&places.templates()) {
        cleaned.bytes += remove_counted(&template)?;
        cleaned.templates += 1;
    }
    for entry in fs::read_dir(places.downloads()).into_iter().flatten().flatten() {
        let path = entry.path();
        // A running download keeps its lock.
        let is_busy = fs::File::open(path.with_extension("lock")).is_ok_and(|lock| lock.try_lock().is_err());
        if !is_busy {
            cleaned.bytes += entry.metadata().map_or(0, |found| found.len());
            fs::remove_file(&path).map_err(ServerError::io("remove", &path))?;
        }
    }
    places.remove_empty();
    Ok(cleaned)
}

fn remove_counted(path: &Path) -> Result<u64, ServerError> {
    let bytes = bytes_below(path);
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(ServerError::io("remove", path)(error)),
        _ => Ok(bytes),
    }
}

/// The size of all files of a tree.
fn bytes_below(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => bytes_below(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}
