//! Runs a program that dies with us: on success, error, panic, Ctrl-C, SIGTERM and SIGKILL alike.
//!
//! On unix a small shell process (`keeper.sh`) starts the program and waits for the end of a pipe that only we hold, so
//! there is one way to end and it is the same whether we close the pipe or the operating system does it for a dead
//! process. Shell and program are in a process group of their own: a Ctrl-C at the terminal reaches us first. On Windows
//! the program is our child, ended when dropped; a killed owner is left to the next run's sweep.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use super::{
    ServerError,
    account::{self, Account},
    locked::LockedDirectory,
};

/// How long an end may take before it is forced.
const PATIENCE: Duration = Duration::from_secs(20);

/// What to run.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) library_dir: Option<&'a Path>,
    pub(super) account: Option<&'a Account>,
    /// Where programs of the system are, besides the usual places.
    pub(super) search_path: &'a [PathBuf],
    /// A second directory that goes with the first (a short one for the socket).
    pub(super) second: Option<PathBuf>,
}

/// A running program and its directory; both end with this value.
#[derive(Debug)]
pub(super) struct Keeper {
    directory: PathBuf,
    second: Option<PathBuf>,
    state: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    locked: LockedDirectory,
}

/// Everything that [`kill_all`] ends.
static KEEPERS: Mutex<Vec<Weak<Keeper>>> = Mutex::new(Vec::new());

/// Ends every private server of this process and removes its directory; for the handlers of Ctrl-C and SIGTERM, which
/// exit without running destructors. Blocks for some 0.1 s.
pub fn kill_all() {
    let keepers: Vec<_> = KEEPERS.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
    for keeper in keepers.iter().filter_map(Weak::upgrade) {
        keeper.end();
    }
}

impl Keeper {
    /// Starts `job` in `locked`, whose `log` gets what it prints.
    pub(super) fn start(locked: LockedDirectory, job: &Job<'_>) -> Result<Arc<Self>, ServerError> {
        let directory = locked.path().to_owned();
        let mut command = command(&directory, job);
        account::run_as(&mut command, job.account);
        let child = command.spawn().map_err(ServerError::io("run", &job.program))?;
        let keeper = Arc::new(Self { directory, second: job.second.clone(), state: Mutex::new(Some(Running { child, locked })) });
        let mut keepers = KEEPERS.lock().unwrap_or_else(PoisonError::into_inner);
        keepers.retain(|known| known.strong_count() > 0);
        keepers.push(Arc::downgrade(&keeper));
        Ok(keeper)
    }

    /// The program's exit status as the shell writes it, once it has ended by itself.
    pub(super) fn exited(&self) -> Option<String> {
        #[cfg(windows)]
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let status = state.as_mut()?.child.try_wait().ok()??;
            return Some(status.code().unwrap_or(-1).to_string());
        }
        #[cfg(not(windows))]
        {
            let text = std::fs::read_to_string(self.directory.join("exit")).ok()?;
            Some(text.trim().to_owned())
        }
    }

    /// Whether it was ended from outside: by [`kill_all`], or by somebody who killed the shell.
    pub(super) fn is_over(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.as_mut().is_none_or(|running| !matches!(running.child.try_wait(), Ok(None)))
    }

    /// The last lines of what the program printed, in one line.
    pub(super) fn last_words(&self) -> String {
        let log = self.log();
        let mut lines: Vec<&str> = log.lines().rev().map(str::trim).filter(|line| !line.is_empty()).take(4).collect();
        lines.reverse();
        if lines.is_empty() { "it said nothing".to_owned() } else { lines.join("; ") }
    }

    /// Whether the program met a full disk; what it says last is often only a consequence.
    pub(super) fn met_a_full_disk(&self) -> bool {
        self.log().contains("No space left on device")
    }

    fn log(&self) -> String {
        let log = std::fs::read(self.directory.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Ends the program and removes the directory; returns when both are gone.
    pub(super) fn end(&self) {
        let running = self.state.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { mut child, mut locked }) = running else { return };
        #[cfg(windows)]
        {
            let _ = child.kill();
        }
        drop(child.stdin.take());
        let deadline = Instant::now() + PATIENCE;
        while child.try_wait().is_ok_and(|status| status.is_none()) {
            if Instant::now() > deadline {
                let _ = child.kill();
                let _ = child.wait();
                super::sweep::end_server_of(&self.directory);
                break;
            }
            pause();
        }
        locked.remove();
        if let Some(second) = &self.second {
            super::locked::remove_all(second);
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.end();
    }
}

/// The interval of every poll here: short against a start of 100 ms, long against the work of one look.
pub(super) fn pause() {
    std::thread::park_timeout(Duration::from_millis(4));
}

/// The shell that keeps the program, with nothing of our environment but what a server needs: what migrations run on the
/// server cannot read our secrets there.
#[cfg(not(windows))]
fn command(directory: &Path, job: &Job<'_>) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(include_str!("keeper.sh")).arg("architrave-keeper").arg(directory);
    command.arg(job.second.as_deref().unwrap_or(Path::new("")));
    command.arg(job.library_dir.unwrap_or(Path::new("")));
    command.arg(&job.program).args(&job.arguments);
    let usual = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    let search_path = std::env::join_paths(usual.iter().chain(job.search_path)).unwrap_or_default();
    command.env_clear().env("PATH", search_path);
    command.env("LC_ALL", "C").env("TZ", "UTC");
    command.current_dir(directory).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The program itself, without variables that would change what it does.
#[cfg(windows)]
fn command(directory: &Path, job: &Job<'_>) -> Command {
    let mut command = Command::new(&job.program);
    command.args(&job.arguments).current_dir(directory);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C").env("TZ", "UTC");
    command.stdin(Stdio::null());
    let log = || std::fs::OpenOptions::new().create(true).append(true).open(directory.join("log"));
    command.stdout(log().map_or_else(|_| Stdio::null(), Stdio::from));
    command.stderr(log().map_or_else(|_| Stdio::null(), Stdio::from));
    command
}
