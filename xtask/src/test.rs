//! The whole test suite: installs what the tests need and a fresh machine lacks, then hands over to `cargo test`.

use anyhow::Context as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// Programs that tests run, each with its Debian package. PostgreSQL itself is fetched by the tests.
const PROGRAMS: &[(&str, &str)] = &[("pgbouncer", "pgbouncer")];

/// Runs all tests; `arguments` go to `cargo test`. Its summary is the last thing printed.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> anyhow::Result<ExitCode> {
    let missing: Vec<&str> = PROGRAMS.iter().filter(|(program, _)| !is_here(program)).map(|(_, package)| *package).collect();
    if !missing.is_empty() && !install(&missing) {
        super::say(&format!(
            "not installed: {}; the tests that run it are skipped (apt-get install {})",
            missing.join(", "),
            missing.join(" ")
        ));
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(root)
        .args(["test", "--workspace"])
        .args(arguments)
        .status()
        .context("cargo could not be started")?;
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
}

/// On the path, or where Debian keeps servers.
fn is_here(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.iter().any(|folder| folder.join(program).is_file())
}

/// By apt-get, directly as root or through sudo where that asks nothing. False where neither works.
fn install(packages: &[&str]) -> bool {
    let quiet = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
    };
    let apt = |arguments: &[&str]| {
        let through_sudo: Vec<&str> = ["-n", "apt-get"].iter().chain(arguments).copied().collect();
        quiet("apt-get", arguments) || quiet("sudo", &through_sudo)
    };
    let install: Vec<&str> = ["install", "-y", "--no-install-recommends"].iter().chain(packages).copied().collect();
    apt(&install) || (apt(&["update"]) && apt(&install))
}
