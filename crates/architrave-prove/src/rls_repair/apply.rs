//! Statements of a repair executed on a copy, as the owner of the project's objects.

use crate::rls_attack::AttackError;
use crate::round_trip::refusal;
use architrave_model::access::Repair;
use architrave_model::name::quote_ident;
use architrave_postgres::Client;
use architrave_postgres::platform::supabase::ACTING_ROLE;

/// The role that scripts are replayed as.
const OWNER: &str = "postgres";

/// What was refused.
pub(super) struct Refusal {
    /// The server's message.
    pub(super) message: String,
    /// An earlier transaction of the repair has been committed.
    pub(super) partly: bool,
}

/// Executes the statements of a repair, transaction by transaction; the inner error is the server's. The session is our superuser's: nothing of a repair
/// calls a function of the project.
pub(super) async fn forward(client: &Client, repair: &Repair, transcript: &mut Vec<String>) -> Result<Result<(), Refusal>, AttackError> {
    for (at, phase) in repair.phases().into_iter().enumerate() {
        let done = if let [one] = phase
            && Repair::is_concurrent(one)
        {
            alone(client, one, transcript).await?
        } else {
            together(client, phase, transcript).await?
        };
        if let Err(message) = done {
            return Ok(Err(Refusal { message, partly: at > 0 }));
        }
    }
    Ok(Ok(()))
}

/// Executes one statement outside of any transaction.
async fn alone(client: &Client, statement: &str, transcript: &mut Vec<String>) -> Result<Result<(), String>, AttackError> {
    client.batch_execute(&format!("set role {OWNER}")).await.map_err(AttackError::doing("try a repair"))?;
    let done = client.batch_execute(statement).await.map_err(|error| refusal(&error));
    client.batch_execute("reset role").await.map_err(AttackError::doing("try a repair"))?;
    transcript.push(match &done {
        Ok(()) => format!("{statement}; -- ok"),
        Err(message) => format!("{statement}; -- refused: {message}"),
    });
    Ok(done)
}

/// Executes all in one transaction; the inner error is the server's message. Policies on a platform's own table are made by its owner, as the platform
/// does on behalf of `postgres`.
pub(super) async fn together(
    client: &Client,
    statements: &[String],
    transcript: &mut Vec<String>,
) -> Result<Result<(), String>, AttackError> {
    let doing = || AttackError::doing("try a repair");
    client.batch_execute(&format!("begin; set local role {OWNER}")).await.map_err(doing())?;
    for statement in statements {
        client.batch_execute("savepoint statement").await.map_err(doing())?;
        let Err(error) = client.batch_execute(statement).await else {
            transcript.push(format!("{statement}; -- ok"));
            continue;
        };
        let message = refusal(&error);
        client.batch_execute("rollback to savepoint statement").await.map_err(doing())?;
        let policy = statement.starts_with("create policy ") || statement.starts_with("drop policy ");
        let done = match platform_table(statement).filter(|_| policy && message.starts_with("must be owner of ")) {
            Some(table) => on_behalf(client, statement, table).await?,
            None => Err(message),
        };
        match done {
            Ok(()) => transcript.push(format!("{statement}; -- ok, by the platform")),
            Err(message) => {
                transcript.push(format!("{statement}; -- refused: {message}"));
                client.batch_execute("rollback").await.map_err(doing())?;
                return Ok(Err(message));
            }
        }
    }
    client.batch_execute("commit").await.map_err(doing())?;
    Ok(Ok(()))
}

/// The platform's table that a statement on a policy names.
fn platform_table(statement: &str) -> Option<&'static str> {
    ["storage.objects", "storage.buckets", "realtime.messages"].into_iter().find(|table| {
        let name = format!(" on {table}");
        statement.ends_with(&name) || statement.contains(&format!("{name} "))
    })
}

async fn on_behalf(client: &Client, statement: &str, table: &str) -> Result<Result<(), String>, AttackError> {
    let doing = || AttackError::doing("try a repair");
    let sql = format!(
        "select coalesce((select rolname from pg_catalog.pg_roles where rolname = '{ACTING_ROLE}'), pg_catalog.pg_get_userbyid(relowner))
         from pg_catalog.pg_class where oid = '{table}'::pg_catalog.regclass"
    );
    let answer = client.simple_query(&sql).await.map_err(doing())?;
    let Some(owner) = crate::ground::rows(&answer).into_iter().flatten().flatten().next() else {
        return Ok(Err("it has no owner".to_owned()));
    };
    client.batch_execute(&format!("set local role none; set local role {}", quote_ident(&owner))).await.map_err(doing())?;
    if let Err(error) = client.batch_execute(statement).await {
        let message = refusal(&error);
        client.batch_execute("rollback to savepoint statement").await.map_err(doing())?;
        return Ok(Err(message));
    }
    client.batch_execute(&format!("set local role none; set local role {OWNER}")).await.map_err(doing())?;
    Ok(Ok(()))
}
