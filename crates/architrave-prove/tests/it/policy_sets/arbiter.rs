//! Executes a policy set: its schema as a project's migrations would be, and the statements behind each expectation, apart from any prover.

use super::format::{Becoming, Expectation, PolicySet};
use architrave_model::name::{quote_ident, quote_literal};
use architrave_model::script::Script;
use architrave_postgres::platform::supabase::GrantMode;
use architrave_postgres::replay::{Confined, Prelude, ReplayOptions, Stage, lay_ground};
use architrave_postgres::server::Database;
use architrave_postgres::{Client, SimpleQueryMessage};
use std::time::Duration;

/// Databases that the sets are built on.
pub(crate) struct Bases {
    bare: Database,
    /// Made when the first set asks for it: its roles belong to the whole server, and sets without them come first.
    supabase: Option<Database>,
    /// Roles of the server that no set has made.
    roles: Vec<String>,
    options: ReplayOptions,
}

/// A new table is out of reach of the Data API until it is granted, a function is everybody's: each set says itself who may reach what.
const NOTHING_GRANTED: &str = "alter default privileges in schema public revoke all on tables from anon, authenticated;
    alter default privileges in schema public grant all on tables to service_role;";

fn script(text: &str) -> Script {
    Script { path: "migrations/1.sql".into(), version: "1".into(), statements: architrave_sql::split(text), ..Script::default() }
}

fn uses_platform(set: &PolicySet) -> bool {
    ["supabase", "clerk"].contains(&set.style.as_str())
}

/// In the order in which [`Bases`] wants them.
pub(crate) fn in_order(mut sets: Vec<PolicySet>) -> Vec<PolicySet> {
    sets.sort_by_key(uses_platform);
    sets
}

impl Bases {
    pub(crate) async fn new(server: &Confined<'_>) -> Result<Self, String> {
        let options = ReplayOptions { statement_limit: Duration::from_secs(20), track: false, ..ReplayOptions::default() };
        let (bare, _) = lay_ground(server, &[], &options).await.map_err(|e| e.to_string())?;
        Ok(Self { bare, supabase: None, roles: roles_of(server).await?, options })
    }

    /// A database with the schema of the set.
    pub(crate) async fn build(&mut self, server: &Confined<'_>, set: &PolicySet) -> Result<Database, String> {
        let said = |e: architrave_postgres::replay::ReplayError| format!("{}: {e}", set.name);
        let base = if uses_platform(set) {
            if self.supabase.is_none() {
                let options = ReplayOptions { prelude: Prelude::Supabase { grants: GrantMode::Automatic }, ..self.options.clone() };
                let (base, failed) = lay_ground(server, &[script(NOTHING_GRANTED)], &options).await.map_err(said)?;
                if let Some(failed) = failed.first() {
                    return Err(format!("the base: {}", failed.message));
                }
                self.supabase = Some(base);
                self.roles = roles_of(server).await?;
            }
            self.supabase.as_ref().ok_or("there is no base")?
        } else {
            &self.bare
        };
        let database = server.clone_database(base).await.map_err(said)?;
        let scripts = [script(&set.schema)];
        let mut stage = Stage::open(server, &database, &scripts, &self.options).await.map_err(said)?;
        let failed = stage.play(&scripts[0]).await.map_err(said)?;
        stage.settle().await;
        match failed.first() {
            Some(failed) => Err(format!("{}.sql: the schema does not apply: {failed:?}", set.name)),
            None => Ok(database),
        }
    }

    /// Takes away what the set has made, databases and roles, so that the next finds the server as it was.
    pub(crate) async fn clear(&self, server: &Confined<'_>) -> Result<(), String> {
        let own = |e: architrave_postgres::DriverError| describe(&e);
        let admin = server.admin_of_cluster().await.map_err(|e| e.to_string())?;
        let ours = [Some(&self.bare), self.supabase.as_ref()];
        let ours: Vec<&str> = ours.into_iter().flatten().map(Database::name).chain(["postgres", "template0", "template1"]).collect();
        for database in names(&admin, "select datname from pg_catalog.pg_database").await?.iter().filter(|d| !ours.contains(&d.as_str())) {
            // The attack drops its copy at the same time: whoever comes second finds nothing.
            let _dropped = admin.batch_execute(&format!("drop database if exists {} with (force)", quote_ident(database))).await;
        }
        for role in roles_of(server).await?.iter().filter(|role| !self.roles.contains(role)) {
            admin.batch_execute(&format!("drop role {}", quote_ident(role))).await.map_err(own)?;
        }
        Ok(())
    }
}

/// What an attempt has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Came {
    /// It reached this many rows.
    Reached(u64),
    /// It went, and reached nothing.
    Nothing,
    /// It was refused.
    Refused(String),
}

/// Executes the statements behind every expectation and says which labels they do not bear out.
pub(crate) async fn arbitrate(client: &Client, set: &PolicySet) -> Result<Vec<String>, String> {
    let failed = |e: architrave_postgres::DriverError| format!("{}.sql: the rows cannot be made: {}", set.name, describe(&e));
    client.batch_execute("begin").await.map_err(failed)?;
    client.batch_execute(&set.seed).await.map_err(failed)?;
    let mut wrong = Vec::new();
    for expectation in &set.expectations {
        let came = attempt(client, expectation, &set.becoming(&expectation.actor), "").await?;
        let holds = match (&came, expectation.denies()) {
            (Came::Reached(_), false) => None,
            (Came::Nothing | Came::Refused(_), true) => uncontrolled(client, set, expectation).await?,
            _ => Some(format!("{came:?}")),
        };
        let place = format!("{}.sql:{}: {} {}", set.name, expectation.line, expectation.cell(), expectation.verdicts.join("|"));
        wrong.extend(holds.map(|why| format!("{place}, but: {why}")));
    }
    client.batch_execute("rollback").await.map_err(failed)?;
    Ok(wrong)
}

/// Whether nobody at all reaches what the expectation says is denied: then the attempt proves nothing.
async fn uncontrolled(client: &Client, set: &PolicySet, expectation: &Expectation) -> Result<Option<String>, String> {
    let superuser = Becoming { role: String::new(), ..set.becoming(&expectation.actor) };
    let first = attempt(client, expectation, &superuser, "set local session_replication_role = replica;").await?;
    if matches!(first, Came::Reached(_)) {
        return Ok(None);
    }
    for actor in ["owner", "member", "service"] {
        let becoming = set.becoming(actor);
        if !becoming.role.is_empty() && matches!(attempt(client, expectation, &becoming, "").await?, Came::Reached(_)) {
            return Ok(None);
        }
    }
    Ok(Some(format!("nobody at all reaches it, a superuser: {first:?}")))
}

/// One attempt inside a savepoint, which is rolled back.
async fn attempt(client: &Client, expectation: &Expectation, becoming: &Becoming, before: &str) -> Result<Came, String> {
    let own = |e: architrave_postgres::DriverError| format!("{}: {}", expectation.cell(), describe(&e));
    let mut sql = format!("savepoint attempt; {before} ");
    for (name, value) in &becoming.settings {
        sql += &format!("select set_config({}, {}, true); ", quote_literal(name), quote_literal(value));
    }
    if !becoming.role.is_empty() {
        sql += &format!("set local role {};", quote_ident(&becoming.role));
    }
    client.batch_execute(&sql).await.map_err(own)?;
    let mut came = came_of(client, &expectation.attempt).await;
    if !expectation.look.is_empty() && !matches!(came, Came::Refused(_)) {
        client.batch_execute("reset role").await.map_err(own)?;
        came = came_of(client, &expectation.look).await;
    }
    client.batch_execute("rollback to savepoint attempt; release savepoint attempt").await.map_err(own)?;
    Ok(came)
}

async fn came_of(client: &Client, sql: &str) -> Came {
    let utility = sql.trim_start().to_ascii_lowercase().starts_with("truncate");
    match client.simple_query(sql).await {
        Ok(_) if utility => Came::Reached(1),
        Ok(messages) => {
            let count = |m: &SimpleQueryMessage| if let SimpleQueryMessage::CommandComplete(n) = m { Some(*n) } else { None };
            match messages.iter().rev().find_map(count) {
                Some(n) if n > 0 => Came::Reached(n),
                _ => Came::Nothing,
            }
        }
        Err(error) => Came::Refused(describe(&error)),
    }
}

/// Names of the server's roles.
async fn roles_of(server: &Confined<'_>) -> Result<Vec<String>, String> {
    let admin = server.admin_of_cluster().await.map_err(|e| e.to_string())?;
    names(&admin, "select rolname from pg_catalog.pg_roles").await
}

async fn names(client: &Client, question: &str) -> Result<Vec<String>, String> {
    let answer = client.simple_query(question).await.map_err(|e| describe(&e))?;
    let name = |m: &SimpleQueryMessage| if let SimpleQueryMessage::Row(row) = m { row.get(0).map(str::to_owned) } else { None };
    Ok(answer.iter().filter_map(name).collect())
}

fn describe(error: &architrave_postgres::DriverError) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |db| format!("{} {}", db.code().code(), db.message()))
}
