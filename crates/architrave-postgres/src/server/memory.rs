//! Whether this machine has memory to spare for the files of a running server.
//!
//! A schema of 10,000 tables and 40,000 indexes needs about 1 GB, write-ahead log included; the thresholds leave several
//! times that to everybody else.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Bytes that must be free in the file system itself. (Docker gives it 64 MB: not enough.)
const FREE: u64 = 4 << 30;

/// Bytes that the kernel could give to a new program.
const AVAILABLE: u64 = 8 << 30;

/// The directory in memory, when there is enough.
#[cfg(target_os = "linux")]
pub(super) fn to_spare() -> Option<PathBuf> {
    /// `TMPFS_MAGIC` of `statfs(2)`.
    const TMPFS: i64 = 0x0102_1994;
    let directory = Path::new(super::places::MEMORY);
    let found = rustix::fs::statfs(directory).ok()?;
    #[expect(clippy::useless_conversion, reason = "the width of these fields differs between platforms")]
    let (kind, block, free) = (i64::from(found.f_type), u64::try_from(found.f_bsize).ok()?, u64::from(found.f_bavail));
    let meminfo = fs::read_to_string("/proc/meminfo").ok()?;
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").unwrap_or_default();
    let is_enough = kind == TMPFS
        && free.saturating_mul(block) >= FREE
        && available(&meminfo)? >= AVAILABLE
        && limit.trim().parse::<u64>().map_or(true, |limit| limit >= AVAILABLE);
    is_enough.then(|| directory.to_owned())
}

/// Other systems have no such directory.
#[cfg(not(target_os = "linux"))]
pub(super) fn to_spare() -> Option<PathBuf> {
    None
}

/// `MemAvailable` in bytes.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux has /proc/meminfo"))]
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn available_memory_is_read() {
        assert_eq!(available("MemTotal: 3 kB\nMemAvailable:   24062060 kB\n"), Some(24_062_060 << 10));
        assert_eq!(available(""), None);
    }
}
