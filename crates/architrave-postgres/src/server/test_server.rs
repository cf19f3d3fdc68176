//! One private server per test binary, shared by all its tests; a database per test.

use super::PrivateServer;

/// The shared server of this test binary, newest major; `None` (said on standard error) where no PostgreSQL is.
pub async fn shared() -> Option<&'static PrivateServer> {
    None
}

/// The shared server of one major version.
pub async fn shared_major(_major: u16) -> Option<&'static PrivateServer> {
    None
}
