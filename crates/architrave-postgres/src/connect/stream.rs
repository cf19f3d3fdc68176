//! The byte stream below a connection, with an ear on the first bytes of the server.
//!
//! Listening tells what else answers on a port (MySQL, a web server), which process id the protocol gave us (a pooler makes
//! it up), and which way of authentication the server asks for before we answer.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

use super::authentication::{AllowedMethods, Method};

/// A socket of any kind.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A boxed socket.
pub(super) type Socket = Box<dyn Duplex>;

/// How many of the first bytes are kept.
const KEPT: usize = 64;
/// A start-up conversation is shorter than this; listening stops here in any case.
const LIMIT: usize = 64 * 1024;

/// What was heard.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// The first bytes.
    pub first: Vec<u8>,
    /// Process id of BackendKeyData.
    pub pid: Option<i32>,
    /// What the server asked for.
    pub asked: Option<Method>,
    /// It asked for something that `require_auth` does not allow.
    pub forbidden: Option<Method>,
}

/// Shared between the stream and whoever opened it.
#[derive(Debug, Clone, Default)]
pub(super) struct Ear(Arc<Mutex<Heard>>);

impl Ear {
    /// Looks at, or changes, what was heard so far.
    pub(super) fn with<R>(&self, look: impl FnOnce(&mut Heard) -> R) -> R {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A stream that listens.
pub(super) struct Listening<S> {
    inner: S,
    ear: Ear,
    allowed: Option<AllowedMethods>,
    pending: Vec<u8>,
    done: bool,
}

impl<S> Listening<S> {
    pub(super) fn new(inner: S, ear: Ear, allowed: Option<AllowedMethods>) -> Self {
        Self { inner, ear, allowed, pending: Vec::new(), done: false }
    }

    /// Takes in what the server sent and looks for whole messages: a tag, a length that counts itself, a body.
    fn hear(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.ear.with(|heard| {
            let wanted = KEPT.saturating_sub(heard.first.len()).min(bytes.len());
            heard.first.extend(bytes.iter().take(wanted));
        });
        self.pending.extend_from_slice(bytes);
        let mut start = 0;
        while let Some((tag, body, next)) = message(&self.pending, start) {
            self.done |= matches!(tag, b'Z' | b'E');
            let first_word = body.first_chunk::<4>().map(|word| i32::from_be_bytes(*word));
            match (tag, first_word) {
                (b'K', pid) => self.ear.with(|heard| heard.pid = pid),
                (b'R', Some(code)) => self.asked(code)?,
                _ => {}
            }
            start = next;
        }
        self.pending.drain(..start.min(self.pending.len()));
        self.done |= self.pending.len() > LIMIT;
        if self.done {
            self.pending = Vec::new();
        }
        Ok(())
    }

    /// An authentication request. The method of the whole conversation is the first one; the final "all right" follows it.
    fn asked(&self, code: i32) -> io::Result<()> {
        let Some(method) = Method::of_request(code) else { return Ok(()) };
        self.ear.with(|heard| {
            if heard.asked.is_some() {
                return Ok(());
            }
            heard.asked = Some(method);
            match &self.allowed {
                Some(allowed) if !allowed.contains(method) => {
                    heard.forbidden = Some(method);
                    Err(io::Error::new(io::ErrorKind::PermissionDenied, "a way of authentication that require_auth does not allow"))
                }
                _ => Ok(()),
            }
        })
    }
}

/// The message at `start`: its tag, its body, and where the next one begins.
fn message(bytes: &[u8], start: usize) -> Option<(u8, &[u8], usize)> {
    let tag = *bytes.get(start)?;
    let length = bytes.get(start + 1..start + 5)?.first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let next = (start + 1).checked_add(length.max(4))?;
    Some((tag, bytes.get(start + 5..next)?, next))
}

impl<S: AsyncRead + Unpin> AsyncRead for Listening<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let poll = Pin::new(&mut self.inner).poll_read(context, buffer);
        if !self.done && matches!(poll, Poll::Ready(Ok(()))) {
            let new = buffer.filled().get(before..).unwrap_or_default();
            if let Err(error) = self.hear(new) {
                return Poll::Ready(Err(error));
            }
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Listening<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Listening<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.inner.channel_binding()
    }
}

/// A TLS connector whose decrypted stream listens.
pub(super) struct ListeningTls<C> {
    pub connector: C,
    pub ear: Ear,
    pub allowed: Option<AllowedMethods>,
}

impl<S, C> TlsConnect<S> for ListeningTls<C>
where
    C: TlsConnect<S> + Send + 'static,
    C::Stream: Unpin,
    C::Future: Send + 'static,
{
    type Stream = Listening<C::Stream>;
    type Error = C::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Self::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let handshake = self.connector.connect(stream);
        Box::pin(async move { Ok(Listening::new(handshake.await?, self.ear, self.allowed)) })
    }
}
