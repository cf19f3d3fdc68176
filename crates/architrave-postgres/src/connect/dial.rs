//! From a host of a target to an open socket: name resolution, TCP, unix sockets.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::stream::Socket;
use super::target::{Host, Place};

/// An address that answered once, for the cancel request.
#[derive(Debug, Clone)]
pub(super) enum Address {
    /// IP address and port.
    Tcp(SocketAddr),
    /// Path of the socket itself.
    Unix(PathBuf),
}

/// Why there is no socket.
#[derive(Debug)]
pub(super) enum DialError {
    /// The name has no address.
    Unknown(String),
    /// All addresses failed; the last reason.
    Failed(io::Error),
    /// The time is up.
    TimedOut,
}

/// The addresses of a host.
pub(super) async fn addresses(host: &Host) -> Result<Vec<Address>, DialError> {
    match &host.place {
        Place::Unix(directory) => Ok(vec![Address::Unix(directory.join(format!(".s.PGSQL.{}", host.port)))]),
        Place::Tcp { address: Some(address), .. } => Ok(vec![Address::Tcp(SocketAddr::new(*address, host.port))]),
        Place::Tcp { name, address: None } => {
            if let Ok(address) = name.parse::<IpAddr>() {
                return Ok(vec![Address::Tcp(SocketAddr::new(address, host.port))]);
            }
            let found = tokio::net::lookup_host((name.as_str(), host.port)).await;
            let found: Vec<Address> = found.map_err(|error| DialError::Unknown(error.to_string()))?.map(Address::Tcp).collect();
            if found.is_empty() { Err(DialError::Unknown("the name has no address".to_owned())) } else { Ok(found) }
        }
    }
}

/// Opens a socket to the first address that answers. Each gets its share of the time, so that one that swallows packets
/// does not hide the others.
pub(super) async fn dial(addresses: &[Address], deadline: Instant) -> Result<(Socket, Address), DialError> {
    let mut last = DialError::TimedOut;
    for (index, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let others = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        match timeout(left / others.max(1), open(address)).await {
            Ok(Ok(socket)) => return Ok((socket, address.clone())),
            Ok(Err(error)) => last = DialError::Failed(error),
            Err(_) => last = DialError::TimedOut,
        }
    }
    Err(last)
}

/// Opens a socket to an address that is known to work.
pub(super) async fn redial(address: &Address, limit: Duration) -> io::Result<Socket> {
    timeout(limit, open(address)).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn open(address: &Address) -> io::Result<Socket> {
    match address {
        Address::Tcp(address) => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream))
        }
        #[cfg(unix)]
        Address::Unix(path) => Ok(Box::new(tokio::net::UnixStream::connect(path).await?)),
        #[cfg(not(unix))]
        Address::Unix(_) => Err(io::Error::new(io::ErrorKind::Unsupported, "unix sockets are not available on this system")),
    }
}
