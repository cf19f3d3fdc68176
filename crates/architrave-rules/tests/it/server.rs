//! Databases on the private server for the tests: made by SQL, read as the product reads them.

use architrave_model::Catalog;
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::replay::without_own_objects;
use architrave_postgres::server::{Database, PrivateServer, test_server};
use tokio::sync::OnceCell;
use tokio_postgres::Client;

/// The shared server with the roles that examples grant to.
pub(crate) async fn server() -> Option<&'static PrivateServer> {
    static READY: OnceCell<()> = OnceCell::const_new();
    let server = test_server::shared().await?;
    READY
        .get_or_init(|| async {
            let client = server.connect("postgres").await.expect("a connection");
            for role in ["anon", "authenticated", "service_role", "shop_app"] {
                let bypass = if role == "service_role" { "bypassrls" } else { "" };
                client.batch_execute(&format!("create role {role} {bypass}")).await.expect("a role");
            }
        })
        .await;
    Some(server)
}

/// A database made by a script.
pub(crate) struct Made {
    pub(crate) client: Client,
    // Dropped after the client: the database goes with it.
    _database: Database,
}

impl Made {
    /// Runs the script in a new database.
    pub(crate) async fn by(server: &PrivateServer, sql: &str) -> Self {
        let made = Self::of(server.create_database("rule").await.expect("a database")).await;
        made.client.batch_execute(sql).await.unwrap_or_else(|e| panic!("{}\n{sql}", said(&e)));
        made
    }

    /// A database that is there.
    pub(crate) async fn of(database: Database) -> Self {
        let client = database.connect().await.expect("a connection");
        Self { client, _database: database }
    }

    /// The catalogue as it is now.
    pub(crate) async fn catalog(&mut self) -> Catalog {
        let mut catalog = read_catalog(&mut self.client, &ReadOptions::default()).await.expect("the catalogue");
        without_own_objects(&mut catalog);
        catalog
    }

    /// Runs statements one by one, or in one transaction.
    pub(crate) async fn run(&self, statements: &[String], transactional: bool) -> Result<(), String> {
        if transactional {
            self.client.batch_execute("begin").await.map_err(|e| said(&e))?;
        }
        for statement in statements {
            self.client.batch_execute(statement).await.map_err(|e| format!("{}: {statement}", said(&e)))?;
        }
        if transactional {
            self.client.batch_execute("commit").await.map_err(|e| said(&e))?;
        }
        Ok(())
    }
}

fn said(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
}
