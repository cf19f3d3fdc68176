//! Ctrl-C and its like.

/// Exit status of an interrupted run.
pub(crate) const STATUS: u8 = 130;

/// Ends when Ctrl-C, SIGTERM or SIGHUP arrives.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut terminate), Ok(mut hangup)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _pressed = tokio::signal::ctrl_c().await;
    }
}
