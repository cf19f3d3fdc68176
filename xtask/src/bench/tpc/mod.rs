//! TPC-H and TPC-DS in a private server: generated on the spot, loaded, analysed, and kept in the cache as a data directory to start from.

mod tpcds;
mod tpch;

use crate::say;
use anyhow::{Context as _, anyhow};
use architrave_postgres::Client;
use architrave_postgres::server::{NoProgress, PrivateServer, SUPPORTED, ServerOptions, installations};
use futures_util::SinkExt as _;
use std::fmt::{Display, Write as _};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// One of the two benchmarks whose data and queries are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suite {
    /// 8 tables, 22 queries.
    H,
    /// 24 tables, 99 queries.
    Ds,
}

/// Whether there are indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// Neither keys nor indexes, as papers about the selection of indexes have it.
    None,
    /// Keys, and indexes of all kinds, as an application would have them.
    Usual,
}

/// A query of a suite.
#[derive(Debug, Clone)]
pub(super) struct Query {
    /// Its number in the specification.
    pub(super) number: usize,
    /// One statement without a semicolon.
    pub(super) sql: String,
}

/// A suite's data in a server of its own.
pub(super) struct Source {
    pub(super) server: PrivateServer,
    database: &'static str,
}

/// A table and who writes its rows for a scale factor.
struct Table {
    name: &'static str,
    write: fn(f64, &mut Chunks) -> anyhow::Result<()>,
}

/// Lines of CSV on their way to the server.
struct Chunks {
    text: String,
    out: Sender<Cursor<Vec<u8>>>,
}

/// Bytes that are sent at once.
const CHUNK: usize = 1 << 20;

impl Chunks {
    fn line(&mut self, line: &impl Display) -> anyhow::Result<()> {
        writeln!(self.text, "{line}")?;
        if self.text.len() >= CHUNK { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> anyhow::Result<()> {
        let chunk = std::mem::replace(&mut self.text, String::with_capacity(CHUNK + 4096));
        self.out.blocking_send(Cursor::new(chunk.into_bytes())).map_err(|_| anyhow!("the server took no more rows"))
    }
}

impl Suite {
    /// Its name in the table of results.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::H => "TPC-H",
            Self::Ds => "TPC-DS",
        }
    }

    /// Its queries; those of TPC-DS come from `directory` or are exported into the cache once.
    pub(super) fn queries(self, directory: Option<&Path>) -> anyhow::Result<Vec<Query>> {
        match self {
            Self::H => tpch::queries(),
            Self::Ds => tpcds::queries(directory, &cache()),
        }
    }

    /// Starts a server with the data at this scale factor: from the cache, or generated and put there.
    pub(super) fn open(self, runtime: &Runtime, scale: f64, keys: Keys, major: Option<u16>) -> anyhow::Result<Source> {
        let mut options = source_options();
        let newest = || installations(&options).iter().map(|found| found.major).filter(|major| SUPPORTED.contains(major)).max();
        let major = major.or_else(newest).unwrap_or(*SUPPORTED.end());
        options.major = Some(major);
        let database = self.short_name();
        let kept = cache().join(format!("{database}-{scale}-on-{major}{}", if keys == Keys::Usual { "-keys" } else { "" }));
        if kept.join("PG_VERSION").exists() {
            options.data_dir = Some(kept);
            let server = runtime.block_on(PrivateServer::start(&options, &NoProgress))?;
            return Ok(Source { server, database });
        }
        let started = Instant::now();
        let server = runtime.block_on(PrivateServer::start(&options, &NoProgress))?;
        let segment = runtime.block_on(self.load(&server, scale, keys)).with_context(|| format!("cannot load {}", self.name()))?;
        keep(server.data_dir(), &segment, &kept).with_context(|| format!("cannot keep {}", kept.display()))?;
        say(&format!(
            "<!-- {} at scale {scale}: loaded in {:.0} s, kept in {} -->",
            self.name(),
            started.elapsed().as_secs_f64(),
            kept.display()
        ));
        Ok(Source { server, database })
    }

    fn short_name(self) -> &'static str {
        match self {
            Self::H => "tpch",
            Self::Ds => "tpcds",
        }
    }

    /// Returns the name of the segment of the write-ahead log that the last checkpoint is in.
    async fn load(self, server: &PrivateServer, scale: f64, keys: Keys) -> anyhow::Result<String> {
        let (tables, schema, with_keys) = match self {
            Self::H => (tpch::TABLES, include_str!("tpch.sql"), include_str!("tpch_keys.sql")),
            Self::Ds => (tpcds::TABLES, include_str!("tpcds.sql"), include_str!("tpcds_keys.sql")),
        };
        server.connect("postgres").await?.batch_execute(&format!("create database {}", self.short_name())).await?;
        let client = server.connect(self.short_name()).await?;
        client.batch_execute(schema).await.context("the tables")?;
        for table in tables {
            copy(&client, table, scale).await.with_context(|| table.name)?;
        }
        if keys == Keys::Usual {
            client.batch_execute("set maintenance_work_mem = '512MB'").await?;
            for statement in with_keys.split_inclusive(';').filter(|statement| statement.contains(';')) {
                client.batch_execute(statement).await.with_context(|| statement.trim().to_owned())?;
            }
        }
        for settle in ["vacuum (freeze, analyze)", "select pg_switch_wal()", "checkpoint"] {
            client.batch_execute(settle).await?;
        }
        let segment = client.query_one("select pg_walfile_name(pg_current_wal_lsn())", &[]).await?;
        Ok(segment.get(0))
    }
}

impl Source {
    /// Connects as the superuser.
    pub(super) async fn connect(&self) -> anyhow::Result<Client> {
        Ok(self.server.connect(self.database).await?)
    }

    /// How a program reaches it as the superuser.
    pub(super) fn connection_string(&self) -> String {
        self.server.connection_string(self.database)
    }
}

/// How a server that holds much data is started; settings that planning depends on are PostgreSQL's defaults, but JIT compilation is off, as in
/// the published figures.
pub(super) fn source_options() -> ServerOptions {
    let settings = [("shared_buffers", "512MB"), ("max_wal_size", "4GB")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    ServerOptions { memory_dir: None, extra_settings: settings.into(), ..ServerOptions::from_env() }
}

/// Where data directories and texts of queries are kept between runs.
fn cache() -> PathBuf {
    ServerOptions::from_env().cache_dir.join("bench")
}

/// Generates on a thread of its own while the server takes what is there.
async fn copy(client: &Client, table: &Table, scale: f64) -> anyhow::Result<()> {
    let (out, mut chunks) = channel(8);
    let write = table.write;
    let writer = std::thread::spawn(move || {
        let mut out = Chunks { text: String::with_capacity(CHUNK + 4096), out };
        write(scale, &mut out)?;
        out.send()
    });
    let taken = take(client, table.name, &mut chunks).await;
    // A writer whose rows nobody takes stops.
    drop(chunks);
    let written = writer.join().map_err(|_| anyhow!("the generator panicked"))?;
    taken.and(written)
}

async fn take(client: &Client, table: &str, chunks: &mut Receiver<Cursor<Vec<u8>>>) -> anyhow::Result<()> {
    let sink = client.copy_in(&format!("copy {table} from stdin (format csv)")).await?;
    let mut sink = std::pin::pin!(sink);
    while let Some(chunk) = chunks.recv().await {
        sink.send(chunk).await?;
    }
    sink.finish().await?;
    Ok(())
}

/// Copies the data directory of a server that has just made a checkpoint and does nothing; whoever starts from the copy recovers from there,
/// for which one segment of the write-ahead log is enough.
fn keep(data: &Path, segment: &str, target: &Path) -> anyhow::Result<()> {
    let part = target.with_extension("part");
    if part.exists() {
        fs::remove_dir_all(&part)?;
    }
    copy_directory(data, segment, &part)?;
    fs::rename(&part, target)?;
    Ok(())
}

fn copy_directory(from: &Path, segment: &str, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    let is_log = from.file_name().is_some_and(|name| name == "pg_wal");
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_directory(&entry.path(), segment, &target)?;
        } else if kind.is_file() && entry.file_name() != "postmaster.pid" && (!is_log || entry.file_name() == segment) {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
