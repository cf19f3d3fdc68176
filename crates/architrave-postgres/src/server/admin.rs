//! One thread with one superuser connection that creates, clones and drops databases.
//!
//! It has its own small runtime, so that a server shared by many tests does not depend on the runtime of the test that
//! happened to start it, and so that a database can be dropped from a destructor. Drops wait while anybody creates.

use std::{collections::VecDeque, sync::Arc, thread, time::Duration};

use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{Client, Config, NoTls, error::SqlState};

use super::{Locale, ServerError, keeper::Keeper};

/// How long a server may take to accept its first connection.
const START: Duration = Duration::from_mins(2);

/// How long other sessions get to leave a template before PostgreSQL itself is asked (which looks every 0.1 s only).
const LEAVE: Duration = Duration::from_millis(300);

/// The interval of polls.
const POLL: Duration = Duration::from_millis(3);

/// A handle on the thread; the thread ends with the last of them.
#[derive(Debug, Clone)]
pub(super) struct Admin {
    requests: mpsc::UnboundedSender<Request>,
}

/// A database to create.
#[derive(Debug, Default)]
pub(super) struct Wish {
    pub(super) name: String,
    /// What it is a copy of; none for an empty one.
    pub(super) template: Option<String>,
    /// Its locale; none for the cluster's.
    pub(super) locale: Option<Locale>,
    /// What is run afterwards, outside of it.
    pub(super) then: Option<String>,
}

#[derive(Debug)]
enum Request {
    Create { wish: Wish, reply: oneshot::Sender<Result<(), ServerError>> },
    Drop { name: String },
}

impl Admin {
    /// Starts the thread and waits until the server answers; returns its `server_version_num` too.
    pub(super) fn connect(config: Config, keeper: Arc<Keeper>) -> Result<(Self, u32), ServerError> {
        let (requests, inbox) = mpsc::unbounded_channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async move {
                match first_connection(&config, &keeper).await {
                    Ok((client, version)) => {
                        drop(keeper);
                        let _ = ready.send(Ok(version));
                        serve(client, inbox, version).await;
                    }
                    Err(error) => {
                        let _ = ready.send(Err(error));
                    }
                }
            });
        };
        thread::Builder::new().name("architrave-admin".to_owned()).spawn(run).map_err(|_| ServerError::Gone)?;
        let version = is_ready.recv().map_err(|_| ServerError::Gone)??;
        Ok((Self { requests }, version))
    }

    /// Creates a database.
    pub(super) async fn create(&self, wish: Wish) -> Result<(), ServerError> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Create { wish, reply }).map_err(|_| ServerError::Gone)?;
        answer.await.map_err(|_| ServerError::Gone)?
    }

    /// Drops a database some time later.
    pub(super) fn drop_database(&self, name: String) {
        let _ = self.requests.send(Request::Drop { name });
    }
}

/// Connects as soon as the server accepts connections; an error when it ends instead.
async fn first_connection(config: &Config, keeper: &Keeper) -> Result<(Client, u32), ServerError> {
    let deadline = tokio::time::Instant::now() + START;
    loop {
        if keeper.exited().is_some() || keeper.is_over() {
            return Err(ServerError::Gone);
        }
        match config.connect(NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                let version = client.query_one("select current_setting('server_version_num')::int", &[]).await;
                let version = version.map_err(|source| sql("say its version", source))?;
                return Ok((client, version.get::<_, i32>(0).unsigned_abs()));
            }
            Err(error) if tokio::time::Instant::now() > deadline || is_final(&error) => {
                return Err(sql("accept a connection", error));
            }
            Err(_) => tokio::time::sleep(POLL).await,
        }
    }
}

/// Whether waiting does not help: any answer but "starting up".
fn is_final(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| *code != SqlState::CANNOT_CONNECT_NOW)
}

fn sql(what: &str, source: tokio_postgres::Error) -> ServerError {
    ServerError::Sql { what: what.to_owned(), source }
}

/// Works until the last handle is gone: what is asked for first, drops when nobody waits.
async fn serve(client: Client, mut inbox: mpsc::UnboundedReceiver<Request>, version: u32) {
    let mut to_drop = VecDeque::new();
    loop {
        let request = match inbox.try_recv() {
            Ok(request) => Some(request),
            Err(mpsc::error::TryRecvError::Disconnected) => return,
            Err(mpsc::error::TryRecvError::Empty) => None,
        };
        match request {
            Some(request) => answer(&client, request, version, &mut to_drop).await,
            None => match to_drop.pop_front() {
                Some(name) => drop_now(&client, &name).await,
                None => match inbox.recv().await {
                    Some(request) => answer(&client, request, version, &mut to_drop).await,
                    None => return,
                },
            },
        }
    }
}

async fn answer(client: &Client, request: Request, version: u32, to_drop: &mut VecDeque<String>) {
    match request {
        Request::Drop { name } => to_drop.push_back(name),
        Request::Create { wish, reply } => {
            let created = create(client, &wish, version).await;
            if reply.send(created).is_err() {
                // Nobody waits for it any more.
                to_drop.push_back(wish.name);
            }
        }
    }
}

async fn create(client: &Client, wish: &Wish, version: u32) -> Result<(), ServerError> {
    let template = wish.template.as_deref();
    if let Some(template) = template {
        wait_until_left(client, template).await;
    }
    // Copying files beats writing every page to the log: nothing has to survive a crash here.
    let strategy = if version >= 150_000 { " strategy file_copy" } else { "" };
    let source = quote(template.unwrap_or("template0"));
    let locale = wish.locale.as_ref().map(|locale| locale.clause(version)).unwrap_or_default();
    let statement = format!("create database {} template {source}{strategy}{locale}", quote(&wish.name));
    let what = match template {
        Some(template) => format!("clone the database {template}"),
        None => "create a database".to_owned(),
    };
    client.batch_execute(&statement).await.map_err(|source| ServerError::Sql { what, source })?;
    match &wish.then {
        Some(then) => client.batch_execute(then).await.map_err(|source| sql("set up the new database", source)),
        None => Ok(()),
    }
}

/// Sessions that were just closed take some milliseconds to leave.
async fn wait_until_left(client: &Client, database: &str) {
    let deadline = tokio::time::Instant::now() + LEAVE;
    let sessions = "select count(*) from pg_stat_activity where datname = $1";
    while tokio::time::Instant::now() < deadline {
        match client.query_one(sessions, &[&database]).await {
            Ok(row) if row.get::<_, i64>(0) > 0 => tokio::time::sleep(POLL).await,
            _ => return,
        }
    }
}

async fn drop_now(client: &Client, name: &str) {
    let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1";
    let _ = client.execute(end, &[&name]).await;
    let _ = client.batch_execute(&format!("drop database if exists {}", quote(name))).await;
}

/// An SQL identifier in double quotes.
fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
