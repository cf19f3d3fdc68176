//! Which servers are read: PostgreSQL itself, from the oldest supported major on.

use super::ConnectError;
use crate::platform::detect;

/// The oldest major that is read.
pub const OLDEST_MAJOR: u32 = 12;
/// The newest major that was tested.
pub const NEWEST_MAJOR: u32 = 18;

/// Whether architrave reads a server with this `server_version_num` and `version()`. A newer major than the newest one tested
/// is read, with a note.
pub fn check_supported(version_num: u32, version_text: &str) -> Result<Option<String>, ConnectError> {
    if let Some(product) = detect::fork(version_text) {
        return Err(ConnectError::Fork { product: product.to_owned() });
    }
    let major = version_num / 10_000;
    if major < OLDEST_MAJOR {
        return Err(ConnectError::TooOld { version: display(version_num), oldest: OLDEST_MAJOR });
    }
    Ok((major > NEWEST_MAJOR).then(|| {
        format!("PostgreSQL {major} is newer than {NEWEST_MAJOR}, the newest major that was tested; what it has added is not read")
    }))
}

/// `15.18`, or `9.6.24` before 10.
fn display(version_num: u32) -> String {
    let (major, rest) = (version_num / 10_000, version_num % 10_000);
    if major >= 10 { format!("{major}.{rest}") } else { format!("{major}.{}.{}", rest / 100, rest % 100) }
}

/// `server_version` as a number, like `server_version_num`: 150018 for `15.18 (Debian …)`, 90624 for `9.6.24`, 190000 for
/// `19beta1`.
pub(super) fn number(server_version: &str) -> Option<u32> {
    let end = server_version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(server_version.len());
    let mut parts = server_version.get(..end)?.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let major = parts.next().filter(|major| (1..1_000).contains(major))?;
    let mut next = || parts.next().unwrap_or(0).min(99);
    Some(if major >= 10 { major * 10_000 + next() } else { major * 10_000 + next() * 100 + next() })
}
