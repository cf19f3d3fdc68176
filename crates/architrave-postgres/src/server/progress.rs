//! How long steps report how far they are.

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
