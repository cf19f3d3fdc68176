//! `COPY … FROM STDIN` on a private server, as a stream of bytes.

use futures_util::SinkExt as _;
use std::io::Cursor;
use std::pin::Pin;
use tokio_postgres::{Client, CopyInSink, Error};

/// A copy under way. Dropped before [`CopyIn::finish`], the server undoes it.
pub struct CopyIn {
    sink: Pin<Box<CopyInSink<Cursor<Vec<u8>>>>>,
}

impl CopyIn {
    /// Begins with a whole `COPY … FROM STDIN` statement. When the server refuses it here (no such table or column), the session must
    /// not be used any more: the driver has ended the statement twice, and every later answer comes one statement late.
    pub async fn begin(client: &Client, statement: &str) -> Result<Self, Error> {
        Ok(Self { sink: Box::pin(client.copy_in(statement).await?) })
    }

    /// Sends bytes in the statement's format; rows may be cut anywhere.
    pub async fn send(&mut self, bytes: Vec<u8>) -> Result<(), Error> {
        self.sink.feed(Cursor::new(bytes)).await
    }

    /// Ends the copy; the number of rows. What the server did not like on the way is told here at the latest.
    pub async fn finish(mut self) -> Result<u64, Error> {
        self.sink.as_mut().finish().await
    }
}
