//! How long steps report how far they are, and how blocking work reports to an asynchronous caller.

use tokio::sync::{mpsc, oneshot};

use super::ServerError;

/// Receives the progress of a long step: a download in bytes, or a step without a known length.
pub trait Progress: Send + Sync {
    /// A step begins: what it does, and its length (bytes) where that is known.
    fn begin(&self, what: &str, total: Option<u64>);
    /// `n` more bytes are done.
    fn advance(&self, n: u64);
    /// The step is over, whether it went well or not.
    fn end(&self);
}

/// Progress that nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn begin(&self, _what: &str, _total: Option<u64>) {}
    fn advance(&self, _n: u64) {}
    fn end(&self) {}
}

enum Event {
    Begin(String, Option<u64>),
    Advance(u64),
    End,
}

/// Progress on its way from a thread to its caller.
pub(super) struct Relay(mpsc::UnboundedSender<Event>);

impl Progress for Relay {
    fn begin(&self, what: &str, total: Option<u64>) {
        let _ = self.0.send(Event::Begin(what.to_owned(), total));
    }

    fn advance(&self, n: u64) {
        let _ = self.0.send(Event::Advance(n));
    }

    fn end(&self) {
        let _ = self.0.send(Event::End);
    }
}

/// Runs blocking work on a thread of its own and reports its progress here; independent of the caller's runtime.
pub(super) async fn on_thread<T: Send + 'static>(
    progress: &dyn Progress,
    work: impl FnOnce(&Relay) -> Result<T, ServerError> + Send + 'static,
) -> Result<T, ServerError> {
    let (sender, mut events) = mpsc::unbounded_channel();
    let (reply, answer) = oneshot::channel();
    let run = move || {
        let result = work(&Relay(sender));
        let _ = reply.send(result);
    };
    std::thread::Builder::new().name("architrave-server".to_owned()).spawn(run).map_err(|_| ServerError::Gone)?;
    while let Some(event) = events.recv().await {
        match event {
            Event::Begin(what, total) => progress.begin(&what, total),
            Event::Advance(n) => progress.advance(n),
            Event::End => progress.end(),
        }
    }
    answer.await.map_err(|_| ServerError::Gone)?
}
