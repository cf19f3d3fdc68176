//! The account that runs the server: ourselves, or an unprivileged one when we are root.

use std::{path::Path, process::Command};

use super::ServerError;

/// An unprivileged account that root drops to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    /// The user id.
    pub(super) uid: u32,
    /// The primary group id.
    pub(super) gid: u32,
    /// The user's name.
    pub(super) name: String,
}

/// The account to run servers as: `None` means ourselves.
#[cfg(unix)]
pub(super) fn service_account() -> Result<Option<Account>, ServerError> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let passwd = Path::new("/etc/passwd");
    let text = std::fs::read_to_string(passwd).map_err(ServerError::io("read", passwd))?;
    pick(&text).map(Some).ok_or(ServerError::NoAccount)
}

/// The account to run servers as: `None` means ourselves.
#[cfg(not(unix))]
pub(super) fn service_account() -> Result<Option<Account>, ServerError> {
    Ok(None)
}

/// `postgres`, else `nobody`, from the text of `/etc/passwd`.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix drops privileges"))]
fn pick(passwd: &str) -> Option<Account> {
    ["postgres", "nobody"].iter().find_map(|wanted| {
        passwd.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, _, uid, gid, ..] = fields[..] else { return None };
            if name != *wanted {
                return None;
            }
            let account = Account { uid: uid.parse().ok()?, gid: gid.parse().ok()?, name: name.to_owned() };
            (account.uid != 0).then_some(account)
        })
    })
}

/// Lets `command` run as the account, without our supplementary groups.
#[cfg(unix)]
pub(super) fn run_as(command: &mut Command, account: Option<&Account>) {
    use std::os::unix::process::CommandExt as _;
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
}

/// Lets `command` run as the account, without our supplementary groups.
#[cfg(not(unix))]
pub(super) fn run_as(_command: &mut Command, _account: Option<&Account>) {}

/// Gives one file or directory to the account (a link itself, never what it points to).
#[cfg(unix)]
pub(super) fn give(path: &Path, account: Option<&Account>) -> Result<(), ServerError> {
    let Some(account) = account else { return Ok(()) };
    std::os::unix::fs::lchown(path, Some(account.uid), Some(account.gid)).map_err(ServerError::io("hand over", path))
}

/// Gives one file or directory to the account (a link itself, never what it points to).
#[cfg(not(unix))]
pub(super) fn give(_path: &Path, _account: Option<&Account>) -> Result<(), ServerError> {
    Ok(())
}

/// Whether `path` is ours or the account's.
#[cfg(unix)]
pub(super) fn is_owner(path: &Path, account: Option<&Account>) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    path.symlink_metadata()
        .is_ok_and(|found| found.uid() == rustix::process::geteuid().as_raw() || account.is_some_and(|account| account.uid == found.uid()))
}

/// Whether `path` is ours or the account's: Windows keeps other users out of our directories.
#[cfg(not(unix))]
pub(super) fn is_owner(_path: &Path, _account: Option<&Account>) -> bool {
    true
}

/// Whether the account may enter `path` and every directory above it.
#[cfg(unix)]
pub(super) fn may_enter(path: &Path, account: Option<&Account>) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let Some(account) = account else { return true };
    let real = path.canonicalize();
    let Ok(real) = real else { return false };
    real.ancestors().all(|directory| {
        std::fs::metadata(directory).is_ok_and(|found| {
            let bit = if found.uid() == account.uid {
                0o100
            } else if found.gid() == account.gid {
                0o010
            } else {
                0o001
            };
            found.mode() & bit != 0
        })
    })
}

/// Whether the account may enter `path` and every directory above it.
#[cfg(not(unix))]
pub(super) fn may_enter(_path: &Path, _account: Option<&Account>) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_comes_before_nobody() {
        let passwd = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\npostgres:x:70:71::/:/bin/sh\n";
        let account = pick(passwd).unwrap();
        assert_eq!((account.name.as_str(), account.uid, account.gid), ("postgres", 70, 71));
        assert_eq!(pick("root:x:0:0::/:\nnobody:x:65534:65533::/:\n").unwrap().gid, 65533);
    }

    #[test]
    fn root_is_never_picked() {
        assert_eq!(pick("postgres:x:0:0::/:\n"), None);
        assert_eq!(pick(""), None);
        assert_eq!(pick("postgres\npostgres:x:abc:1::\n"), None);
    }
}
