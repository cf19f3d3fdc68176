//! Where scripts are tried: a confined server and a database with all that was applied before, of which every trial takes a copy.

use architrave_model::Catalog;
use architrave_model::name::{quote_ident, quote_literal};
use architrave_model::script::{Script, Statement, StatementKind};
use architrave_postgres::read::{ReadError, ReadOptions, read_catalog};
use architrave_postgres::replay::{Confined, ReplayError, ReplayOptions, STAGE_SCHEMA, Stage};
use architrave_postgres::server::Database;
use architrave_postgres::{Client, DriverError, SimpleQueryMessage};

/// What a trial of scripts works with.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The private server.
    pub server: &'a Confined<'a>,
    /// A database in which every script before the pending ones has run (`architrave_postgres::replay::lay_ground` makes one); nobody may be
    /// connected to it.
    pub base: &'a Database,
    /// Limits and remedies of the replay.
    pub options: &'a ReplayOptions,
}

/// The call that gives a setting its value until the transaction ends.
pub(crate) fn set_config(name: &str, value: &str) -> String {
    format!("pg_catalog.set_config({}, {}, true)", quote_literal(name), quote_literal(value))
}

/// A trial that could not be made at all. What a script does wrong is part of the result instead.
#[derive(Debug, thiserror::Error)]
pub enum PassageError {
    /// The private server refused, or is gone.
    #[error(transparent)]
    Server(#[from] ReplayError),
    /// The catalogue could not be read back.
    #[error("the private PostgreSQL could not be read back: {0}")]
    Read(#[from] ReadError),
    /// A statement of ours was refused.
    #[error("the private PostgreSQL refused to {what}: {}", crate::round_trip::refusal(source))]
    Statement {
        /// What was being done.
        what: &'static str,
        /// The server's answer.
        #[source]
        source: DriverError,
    },
}

impl PassageError {
    /// For `map_err`.
    pub(crate) fn doing(what: &'static str) -> impl FnOnce(DriverError) -> Self {
        move |source| Self::Statement { what, source }
    }
}

impl Ground<'_> {
    /// A copy of the base.
    pub(crate) async fn copy(&self) -> Result<Database, PassageError> {
        Ok(self.server.clone_database(self.base).await?)
    }

    /// A session that plays scripts on a copy.
    pub(crate) async fn stage(&self, database: &Database, scripts: &[Script]) -> Result<Stage<'_>, PassageError> {
        Ok(Stage::open(self.server, database, scripts, self.options).await?)
    }
}

/// Scripts that are played one after the other on one copy, of which further copies are taken on the way.
pub(crate) struct Chain<'a> {
    pub(crate) ground: &'a Ground<'a>,
    database: Database,
    scripts: &'a [Script],
    /// None while nobody may be connected.
    stage: Option<Stage<'a>>,
    /// Roles of the cluster in the beginning, when the scripts have to do with roles.
    roles: Option<Vec<String>>,
    /// Names of the copies that were taken.
    copies: Vec<String>,
}

impl<'a> Chain<'a> {
    pub(crate) async fn begin(ground: &'a Ground<'a>, scripts: &'a [Script]) -> Result<Self, PassageError> {
        let roles = if scripts.iter().any(changes_roles) { Some(roles_of(ground).await?) } else { None };
        Ok(Self { ground, database: ground.copy().await?, scripts, stage: None, roles, copies: Vec::new() })
    }

    /// Takes the roles away that the scripts have made, so that who plays them next finds the cluster as it was. What cannot be dropped stays.
    pub(crate) async fn end(self) -> Result<(), PassageError> {
        let Some(before) = &self.roles else { return Ok(()) };
        drop(self.stage);
        let admin = self.ground.server.admin_of_cluster().await?;
        for name in self.copies.iter().map(String::as_str).chain([self.database.name()]) {
            let _dropped = admin.batch_execute(&format!("drop database if exists {}", quote_ident(name))).await;
        }
        for role in roles_of(self.ground).await?.iter().filter(|role| !before.contains(role)) {
            let _dropped = admin.batch_execute(&format!("drop role if exists {}", quote_ident(role))).await;
        }
        Ok(())
    }

    /// Whether nothing else may be at work on the server meanwhile: the scripts change what all its databases share.
    pub(crate) fn needs_server_alone(&self) -> bool {
        self.roles.is_some()
    }

    /// The session that goes on for good.
    pub(crate) async fn stage(&mut self) -> Result<&mut Stage<'a>, PassageError> {
        let stage = match self.stage.take() {
            Some(stage) => stage,
            None => self.ground.stage(&self.database, self.scripts).await?,
        };
        Ok(self.stage.insert(stage))
    }

    /// A copy of the state so far, for a trial. The session ends, with its settings; no transaction may be open in it.
    pub(crate) async fn copy(&mut self) -> Result<Database, PassageError> {
        self.stage = None;
        let copy = self.ground.server.clone_database(&self.database).await?;
        self.copies.push(copy.name().to_owned());
        Ok(copy)
    }

    /// A session on such a copy.
    pub(crate) async fn stage_on(&self, copy: &Database) -> Result<Stage<'a>, PassageError> {
        self.ground.stage(copy, self.scripts).await
    }
}

/// Whether a script has to do with roles, which all databases of the server share; in a DO block, too.
pub(crate) fn changes_roles(script: &Script) -> bool {
    let words = ["create role", "create user", "alter role", "drop role", "drop user", "create group"];
    let says = |s: &Statement| {
        let lower = s.text.to_ascii_lowercase();
        let membership = (lower.starts_with("grant ") || lower.starts_with("revoke ")) && !lower.contains(" on ");
        membership || words.iter().any(|w| lower.contains(w))
    };
    script.statements.iter().chain(&script.down).any(|s| s.kind == StatementKind::ClusterWide || says(s))
}

async fn roles_of(ground: &Ground<'_>) -> Result<Vec<String>, PassageError> {
    let admin = ground.server.admin_of_cluster().await?;
    let answer = admin.simple_query("select rolname from pg_catalog.pg_roles").await.map_err(PassageError::doing("list its roles"))?;
    Ok(rows(&answer).into_iter().flatten().flatten().collect())
}

/// Reads the catalogue without what is ours; inside the open transaction, if there is one.
pub(crate) async fn catalog_of(client: &mut Client, in_transaction: bool) -> Result<Catalog, PassageError> {
    let options = ReadOptions { in_transaction, exclude_schemas: vec![STAGE_SCHEMA.to_owned()], ..ReadOptions::default() };
    let mut catalog = read_catalog(client, &options).await?;
    architrave_postgres::replay::without_own_objects(&mut catalog);
    Ok(catalog)
}

/// All rows of the last answer of a message, as texts.
pub(crate) fn rows(messages: &[SimpleQueryMessage]) -> Vec<Vec<Option<String>>> {
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
        _ => None,
    };
    messages.iter().filter_map(row).collect()
}

/// Small projects on a server that all tests of passages share.
#[cfg(test)]
pub(crate) mod testing {
    use super::Ground;
    use architrave_model::script::Script;
    use architrave_postgres::replay::{Confined, ReplayOptions, lay_ground};
    use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions, test_server};
    use tokio::sync::OnceCell;

    /// A script of one file in one transaction.
    pub(crate) fn script(up: &str, down: Option<&str>) -> Script {
        Script {
            path: "migrations/1.sql".into(),
            version: "1".into(),
            statements: architrave_sql::split(up),
            has_down: down.is_some(),
            down: down.map(architrave_sql::split).unwrap_or_default(),
            ..Script::default()
        }
    }

    /// Runs with a ground that `earlier` has been applied to; none without a server.
    pub(crate) async fn with_ground<T>(earlier: &str, work: impl AsyncFnOnce(&Ground<'_>) -> T) -> Option<T> {
        let major = test_server::shared().await?.major();
        Some(on(server_of(major).await?, earlier, work).await)
    }

    /// The same on the default server, the oldest and the newest installed major; all between under `ARCHITRAVE_ALL_MAJORS=1`.
    pub(crate) async fn on_majors(earlier: &str, work: impl AsyncFn(&Ground<'_>)) {
        for major in test_server::majors().await {
            if let Some(server) = server_of(major).await {
                on(server, earlier, async |ground| work(ground).await).await;
            }
        }
    }

    async fn server_of(major: u16) -> Option<&'static PrivateServer> {
        static SERVERS: [OnceCell<Option<PrivateServer>>; 64] = [const { OnceCell::const_new() }; 64];
        let start = async || {
            let shared = test_server::shared().await?;
            let options = ServerOptions::from_env();
            let options = if shared.major() == major { options } else { options.with_major(Some(major)) };
            Some(PrivateServer::start(&options, &NoProgress).await.unwrap())
        };
        SERVERS[usize::from(major)].get_or_init(start).await.as_ref()
    }

    async fn on<T>(server: &'static PrivateServer, earlier: &str, work: impl AsyncFnOnce(&Ground<'_>) -> T) -> T {
        let confined = Confined::new(server).await.unwrap();
        let options = ReplayOptions::default();
        let (base, failed) = lay_ground(&confined, &[script(earlier, None)], &options).await.unwrap();
        assert!(failed.is_empty(), "{failed:?}");
        work(&Ground { server: &confined, base: &base, options: &options }).await
    }
}
