//! A real server that listens on loopback, with certificates and host-based rules of the test's choosing.
//!
//! The product's private server listens on a socket only, where PostgreSQL speaks no TLS; its binaries and its account are
//! used here.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{ask, open};
use crate::server::Installation;
use crate::server::test_server::shared;

/// Ends with the test.
pub(super) struct TcpServer {
    pub port: u16,
    pub major: u16,
    account: (u32, u32),
    directory: tempfile::TempDir,
    process: Child,
}

impl TcpServer {
    /// `None` where no PostgreSQL is (said by the shared server).
    pub(super) async fn start(settings: &[(&str, &str)], rules: &str) -> Option<Self> {
        let shared = shared().await?;
        let facts = fs::metadata(shared.data_dir()).unwrap();
        let account = (facts.uid(), facts.gid());
        let directory = tempfile::Builder::new().prefix("architrave-connect").tempdir().unwrap();
        give(directory.path(), account);
        let data = directory.path().join("data");
        let mut initdb = command(shared.origin(), "initdb", account);
        initdb.args(["--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--no-locale", "--pgdata"]).arg(&data);
        let done = initdb.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let text = format!("{rules}\nlocal all all trust\n");
        fs::write(data.join("pg_hba.conf"), text).unwrap();
        for _ in 0..5 {
            let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
            let mut postgres = command(shared.origin(), "postgres", account);
            postgres.arg("-D").arg(&data).args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]);
            postgres.args(["-c", &format!("port={port}")]);
            postgres.args(["-c", &format!("unix_socket_directories={}", directory.path().display())]);
            for (name, value) in settings {
                postgres.args(["-c", &format!("{name}={value}")]);
            }
            let mut process = postgres.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            if is_ready(&mut process) {
                return Some(Self { port, major: shared.major(), account, directory, process });
            }
            process.wait().unwrap();
        }
        panic!("no server could be started on a free port");
    }

    pub(super) fn socket_dir(&self) -> &Path {
        self.directory.path()
    }

    /// Runs one statement as superuser.
    pub(super) async fn run(&self, statement: &str) -> String {
        let connection = open(&format!("host={} port={} user=postgres", self.socket_dir().display(), self.port)).await.unwrap();
        let answer = ask(&connection, statement).await;
        connection.close().await;
        answer
    }

    /// Gives the server another certificate.
    pub(super) async fn use_certificate(&self, certificate: &str, key: &str) {
        self.write("server.crt", certificate);
        self.write("server.key", key);
        self.reload().await;
    }

    /// Writes a file into the data directory.
    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.directory.path().join("data").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        give(&path, self.account);
    }

    /// Reads the configuration again and waits until it is in force.
    pub(super) async fn reload(&self) {
        let loaded = "SELECT pg_catalog.pg_conf_load_time()";
        let before = self.run(loaded).await;
        self.run("SELECT pg_catalog.pg_reload_conf()").await;
        for _ in 0..2_000 {
            if self.run(loaded).await != before {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("the configuration was not read again");
    }

    /// A file beside the data directory, readable by us only.
    pub(super) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }
}

impl Drop for TcpServer {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads the log until the server takes connections, or ends.
fn is_ready(process: &mut Child) -> bool {
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let ready = lines.by_ref().map_while(Result::ok).any(|line| line.contains("ready to accept connections"));
    // A pipe that nobody reads would block the server.
    std::thread::spawn(move || lines.for_each(drop));
    ready
}

pub(super) fn give(path: &Path, (user, group): (u32, u32)) {
    if rustix::process::geteuid().is_root() {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

/// A program that runs as the account and dies with this thread, where the system can do that.
pub(super) fn as_account(program: &Path, (user, group): (u32, u32)) -> Command {
    let mut command = if Path::new("/usr/bin/setpriv").exists() {
        let mut command = Command::new("/usr/bin/setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    if rustix::process::geteuid().is_root() {
        command.uid(user).gid(group);
    }
    command.env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
    command
}

fn command(installation: &Installation, program: &str, account: (u32, u32)) -> Command {
    let mut command = as_account(&installation.program(program), account);
    if let Some(directory) = &installation.library_dir {
        command.env("LD_LIBRARY_PATH", directory).env("DYLD_LIBRARY_PATH", directory);
    }
    command
}
