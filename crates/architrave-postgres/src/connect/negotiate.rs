//! Asking a server for TLS, the step before everything else.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::stream::Socket;

/// Length 8, code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Sends the request and returns the one byte of the answer: `S` for yes, `N` for no, anything else is no PostgreSQL.
pub(super) async fn ask_for_tls(socket: &mut Socket) -> io::Result<u8> {
    socket.write_all(&SSL_REQUEST).await?;
    socket.flush().await?;
    // Exactly one byte: bytes behind it could have been slipped in before the encryption begins.
    socket.read_u8().await
}
