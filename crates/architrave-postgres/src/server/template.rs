//! One `initdb` per exact server: its data directory is kept and copied for every start.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};

use super::{
    Installation, Progress, ServerError, ServerOptions,
    account::{self, Account},
    keeper::{self, Job, Keeper},
    locked::{self, LockedDirectory},
    places::Places,
};

/// Raised whenever the way a template is made changes.
const FORMAT: u32 = 1;

/// Bytes that `initdb` needs at least.
const INITIAL_SIZE: u64 = 64 << 20;

/// The file that marks a template as whole.
const MARK: &str = "architrave-template.json";

/// The data directory within a template.
const DATA: &str = "data";

/// A data directory to copy.
#[derive(Debug)]
pub(super) struct Template {
    /// `<templates>/<key>`, or whatever holds the caller's data directory.
    directory: PathBuf,
    /// The data directory.
    data: PathBuf,
    /// Whether this process has just made it.
    pub(super) is_new: bool,
}

impl Template {
    /// The template of `installation`, made when there is none or it is broken.
    pub(super) fn ensure(
        places: &Places,
        installation: &Installation,
        account: Option<&Account>,
        options: &ServerOptions,
        progress: &dyn Progress,
    ) -> Result<Self, ServerError> {
        let directory = places.templates().join(key(installation));
        if is_whole(&directory) {
            return Ok(Self { data: directory.join(DATA), directory, is_new: false });
        }
        progress.begin(&format!("Preparing PostgreSQL {}", installation.version), None);
        let making = Making { installation, account, search_path: &options.search_path };
        let made = making.run(places, &directory);
        progress.end();
        made.map(|()| Self { data: directory.join(DATA), directory, is_new: true })
    }

    /// The caller's own data directory, which is never thought broken.
    pub(super) fn of(data: &Path) -> Self {
        Self { directory: data.to_owned(), data: data.to_owned(), is_new: true }
    }

    /// Copies the data directory to `target`, which must not exist, and gives it to the account. Shares blocks where the
    /// file system can.
    pub(super) fn copy(&self, target: &Path, account: Option<&Account>) -> Result<(), ServerError> {
        let mut copier = Copier { account, share_blocks: true };
        copier.directory(&self.data, target)
    }

    /// Removes a template that turned out to be broken.
    pub(super) fn discard(&self, places: &Places) -> Result<(), ServerError> {
        discard(places, &self.directory)
    }
}

/// Names everything that the result of `initdb` depends on.
fn key(installation: &Installation) -> String {
    let program = installation.program("postgres");
    let metadata = fs::metadata(&program).ok();
    let modified = metadata.as_ref().and_then(|found| found.modified().ok());
    let size = metadata.as_ref().map_or(0, fs::Metadata::len);
    let identity = format!("{FORMAT}\n{}\n{}\n{size}\n{modified:?}", installation.version, program.display());
    let hash = Sha256::digest(identity.as_bytes());
    let short = hash.iter().take(6).fold(0_u64, |short, byte| short << 8 | u64::from(*byte));
    format!("{}-{short:012x}", installation.version_num)
}

fn is_whole(directory: &Path) -> bool {
    [MARK, "data/PG_VERSION", "data/global/pg_control", "data/postgresql.conf"]
        .iter()
        .all(|file| directory.join(file).metadata().is_ok_and(|found| found.len() > 0))
}

/// Moves a broken template out of the way first: nobody may copy what is being removed.
fn discard(places: &Places, directory: &Path) -> Result<(), ServerError> {
    let aside = LockedDirectory::create(&places.run())?;
    // What is gone already is fine.
    let _ = fs::rename(directory, aside.path().join("broken"));
    Ok(())
}

/// What `initdb` is run with.
struct Making<'a> {
    installation: &'a Installation,
    account: Option<&'a Account>,
    search_path: &'a [PathBuf],
}

impl Making<'_> {
    /// Makes the template aside and moves it into place in one step, so that two processes at once never see half of one.
    fn run(&self, places: &Places, directory: &Path) -> Result<(), ServerError> {
        super::places::require_space(&places.run(), INITIAL_SIZE)?;
        let locked = LockedDirectory::create(&places.run())?;
        let out = locked.path().join("out");
        let data = out.join(DATA);
        for made in [&out, &data] {
            locked::create_private(made)?;
            account::give(made, self.account)?;
        }
        account::give(locked.path(), self.account)?;
        // Ends and takes the rest of its directory along only when the result has left it.
        let _keeper = self.initdb(locked, &data)?;
        let mark = out.join(MARK);
        let text = format!("{{\"format\": {FORMAT}, \"version\": \"{}\"}}\n", self.installation.version_num);
        fs::write(&mark, text).map_err(ServerError::io("write", &mark))?;
        if fs::rename(&out, directory).is_ok() || is_whole(directory) {
            return Ok(());
        }
        // A broken one is in the way.
        discard(places, directory)?;
        match fs::rename(&out, directory) {
            Err(_) if is_whole(directory) => Ok(()),
            result => result.map_err(ServerError::io("create", directory)),
        }
    }

    /// Runs `initdb` into `data`; what is returned keeps the directory.
    fn initdb(&self, locked: LockedDirectory, data: &Path) -> Result<Arc<Keeper>, ServerError> {
        let program = self.installation.program("initdb");
        let fixed = ["--no-sync", "--encoding=UTF8", "--locale=C", "--username=postgres", "--auth=trust", "-D"];
        let mut arguments: Vec<String> = fixed.map(str::to_owned).to_vec();
        arguments.push(data.display().to_string());
        if self.installation.major >= 18 {
            // Checksums are on by default since 18; without them a relation file can be grown sparsely, with empty pages.
            arguments.push("--no-data-checksums".to_owned());
        }
        let job = Job {
            program: program.clone(),
            arguments,
            library_dir: self.installation.library_dir.as_deref(),
            account: self.account,
            search_path: self.search_path,
            second: None,
        };
        let keeper = Keeper::start(locked, &job)?;
        let status = loop {
            if let Some(status) = keeper.exited() {
                break status;
            }
            if keeper.is_over() {
                return Err(ServerError::Gone);
            }
            keeper::pause();
        };
        if status == "0" {
            return Ok(keeper);
        }
        if keeper.met_a_full_disk() {
            return Err(ServerError::NoSpace { path: data.to_owned() });
        }
        Err(ServerError::Initdb { program, reason: keeper.last_words() })
    }
}

/// Copies a tree.
struct Copier<'a> {
    account: Option<&'a Account>,
    /// Until the file system says that it cannot.
    share_blocks: bool,
}

impl Copier<'_> {
    fn directory(&mut self, from: &Path, to: &Path) -> Result<(), ServerError> {
        locked::create_private(to)?;
        if to.file_name().is_some_and(|name| name == "base") {
            // Each database here is a directory of its own.
            super::places::spread(to);
        }
        for entry in fs::read_dir(from).map_err(ServerError::io("read", from))? {
            let entry = entry.map_err(ServerError::io("read", from))?;
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            let kind = entry.file_type().map_err(ServerError::io("read", &from))?;
            if kind.is_dir() {
                self.directory(&from, &to)?;
            } else if kind.is_file() {
                self.file(&from, &to)?;
                account::give(&to, self.account)?;
            }
        }
        account::give(to, self.account)
    }

    fn file(&mut self, from: &Path, to: &Path) -> Result<(), ServerError> {
        if self.share_blocks {
            if reflink_copy::reflink(from, to).is_ok() {
                return super::places::set_mode(to, 0o600);
            }
            self.share_blocks = false;
            let _ = fs::remove_file(to);
        }
        fs::copy(from, to).map(drop).map_err(ServerError::io("copy to", to))
    }
}
