//! Brings a server up: binaries, template, copy, settings, process, first answer.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use super::{
    Installation, Progress, ServerError, ServerOptions,
    account::{self, Account},
    admin::Admin,
    fetch,
    find::{self, Choice, Source},
    keeper::{Job, Keeper},
    locked::{self, LockedDirectory},
    places::Places,
    reach::Reach,
    settings,
    sweep::{self, Owned, SOCKET_DIRECTORY},
    template::Template,
};

/// The major that is fetched when none is asked for and none is here.
const DEFAULT_MAJOR: u16 = *find::SUPPORTED.end();

/// A server that answers.
#[derive(Debug)]
pub(super) struct Launched {
    pub(super) installation: Installation,
    pub(super) note: Option<String>,
    pub(super) version_num: u32,
    pub(super) data_dir: PathBuf,
    pub(super) reach: Reach,
    pub(super) admin: Admin,
    pub(super) keeper: Arc<Keeper>,
}

/// Does all of it; blocks.
pub(super) fn launch(options: &ServerOptions, how: How, progress: &dyn Progress) -> Result<Launched, ServerError> {
    let account = account::service_account()?;
    let account = account.as_ref();
    let places = Places::open(options, account)?;
    sweep::sweep(&places);
    let Choice { installation, note } = pick(options, &places, progress)?;
    if !account::may_enter(&installation.bin_dir, account) {
        let account = account.map(|account| account.name.clone()).unwrap_or_default();
        return Err(ServerError::Unreadable { account, path: installation.bin_dir });
    }
    let attempt = |preload, template: &Template| {
        let in_places = |places| start(&Start { options, how, places, installation: &installation, account, preload }, template);
        match in_places(&places) {
            Err(ServerError::NoSpace { .. }) if places.is_in_memory() => in_places(&places.on_disk()),
            result => result,
        }
    };
    let preload = installation.has_module("pg_stat_statements");
    let template = match &options.data_dir {
        Some(data) => Template::of(data),
        None => Template::ensure(&places, &installation, account, options, progress)?,
    };
    let started = match attempt(preload, &template) {
        Err(error) if worth_another_try(&error) && (preload || !template.is_new) => {
            // The two things that can be wrong besides the server itself: a template that was damaged after it was made, and
            // a module that cannot be loaded.
            let template = if template.is_new {
                template
            } else {
                template.discard(&places)?;
                Template::ensure(&places, &installation, account, options, progress)?
            };
            attempt(false, &template)
        }
        result => result,
    };
    let Started { version_num, data_dir, reach, admin, keeper } = started?;
    Ok(Launched { installation, note, version_num, data_dir, reach, admin, keeper })
}

/// How clients reach the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// A unix socket in the private directory.
    #[cfg(unix)]
    Socket,
    /// TCP on the loopback interface with a random password.
    #[cfg_attr(all(unix, not(test)), expect(dead_code, reason = "the way of Windows, tested on all systems"))]
    Loopback,
}

impl How {
    /// The platform's way.
    pub(super) fn usual() -> Self {
        #[cfg(unix)]
        return Self::Socket;
        #[cfg(not(unix))]
        return Self::Loopback;
    }
}

/// Whether a new template or fewer settings may help.
fn worth_another_try(error: &ServerError) -> bool {
    matches!(error, ServerError::Start { .. } | ServerError::Io { .. } | ServerError::Sql { .. })
}

/// The installation to run, fetched when it is not here.
fn pick(options: &ServerOptions, places: &Places, progress: &dyn Progress) -> Result<Choice, ServerError> {
    let found = find::installations(options);
    if let Some(choice) = find::choose(&found, options.major) {
        return Ok(choice);
    }
    let major = options.major.unwrap_or(DEFAULT_MAJOR);
    let installation = fetch::install(options, places, major, progress)?;
    Ok(Choice { installation, note: None })
}

struct Start<'a> {
    options: &'a ServerOptions,
    how: How,
    places: &'a Places,
    installation: &'a Installation,
    account: Option<&'a Account>,
    preload: bool,
}

struct Started {
    version_num: u32,
    data_dir: PathBuf,
    reach: Reach,
    admin: Admin,
    keeper: Arc<Keeper>,
}

/// Copies the template and runs a server on the copy.
fn start(start: &Start<'_>, template: &Template) -> Result<Started, ServerError> {
    let Start { options, installation, account, .. } = *start;
    let locked = LockedDirectory::create(&start.places.instances())?;
    let data_dir = locked.path().join("data");
    template.copy(&data_dir, account)?;
    let (reach, second) = make_reach(start.how, locked.path(), account)?;
    let owned = Owned { bin_dir: installation.bin_dir.clone(), second: second.clone() };
    owned.write(locked.path())?;
    let text = settings::render(installation.major, &reach, start.preload, &options.extra_settings);
    append(&data_dir.join("postgresql.conf"), &text)?;
    let hba = data_dir.join("pg_hba.conf");
    fs::write(&hba, reach.host_based_authentication()).map_err(ServerError::io("write", &hba))?;
    account::give(locked.path(), account)?;
    if let Some(password) = reach.password() {
        set_password(installation, account, &data_dir, password)?;
    }
    let program = installation.program("postgres");
    let job = Job {
        program: program.clone(),
        arguments: vec!["-D".to_owned(), data_dir.display().to_string()],
        library_dir: installation.library_dir.as_deref(),
        account,
        search_path: &options.search_path,
        second,
    };
    let keeper = Keeper::start(locked, &job)?;
    match Admin::connect(reach.config("postgres"), keeper.clone()) {
        Ok((admin, version_num)) => Ok(Started { version_num, data_dir, reach, admin, keeper }),
        Err(error) => Err(explain(error, program, &data_dir, &keeper)),
    }
}

/// Says why the server ended, in its own words.
fn explain(error: ServerError, program: PathBuf, data_dir: &Path, keeper: &Keeper) -> ServerError {
    if !matches!(error, ServerError::Gone) || keeper.is_over() {
        return error;
    }
    if keeper.met_a_full_disk() {
        return ServerError::NoSpace { path: data_dir.to_owned() };
    }
    ServerError::Start { program, reason: keeper.last_words() }
}

/// The longest path of a socket is 103 bytes on macOS and 107 on Linux.
const LONGEST_SOCKET: usize = 103;

/// Where clients will connect, and the second directory that this may need.
fn make_reach(how: How, directory: &Path, account: Option<&Account>) -> Result<(Reach, Option<PathBuf>), ServerError> {
    #[cfg(unix)]
    if how == How::Socket {
        if directory.join(".s.PGSQL.5432").as_os_str().len() <= LONGEST_SOCKET {
            return Ok((Reach::Socket { directory: directory.to_owned() }, None));
        }
        let short = Path::new("/tmp").join(format!("{SOCKET_DIRECTORY}{:016x}", locked::random()));
        locked::create_private(&short)?;
        account::give(&short, account)?;
        return Ok((Reach::Socket { directory: short.clone() }, Some(short)));
    }
    let _ = (how, directory, account);
    Reach::loopback().map(|reach| (reach, None))
}

fn append(path: &Path, text: &str) -> Result<(), ServerError> {
    let file = fs::OpenOptions::new().append(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(ServerError::io("write", path))
}

/// Sets the superuser's password before the server listens, in single-user mode.
fn set_password(installation: &Installation, account: Option<&Account>, data_dir: &Path, password: &str) -> Result<(), ServerError> {
    let program = installation.program("postgres");
    let mut command = Command::new(&program);
    command.args(["--single", "-D"]).arg(data_dir).arg("template1").current_dir(data_dir);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    if let Some(library_dir) = installation.library_dir.as_ref().filter(|_| installation.source == Source::Cache) {
        command.envs(find::LOADER_VARIABLES.map(|variable| (variable, library_dir)));
    }
    account::run_as(&mut command, account);
    let failed = |reason: String| ServerError::Start { program: program.clone(), reason };
    let mut child = command.spawn().map_err(ServerError::io("run", &program))?;
    if let Some(mut input) = child.stdin.take() {
        let statement = format!("alter role postgres password '{password}';\n");
        input.write_all(statement.as_bytes()).map_err(|error| failed(error.to_string()))?;
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() && !words.contains("ERROR") { Ok(()) } else { Err(failed(words)) }
}
