//! Asking a server of ours for plans: prepared, with literals, and without indexes. Nothing is executed.
//!
//! All of it runs in one read-only transaction of its own, each question behind a savepoint, as whatever role the session has: on a
//! twin an ordinary one.

#[cfg(test)]
mod tests;

use architrave_model::plan::Plan;
use tokio_postgres::{Client, SimpleQueryMessage};

/// Longest time that one statement may take to plan, milliseconds.
const TIMEOUT_MS: u32 = 10_000;

/// Settings under which a plan shows all that a statement asks: every table read whole, every order a sort.
const BARE: &str = "set local enable_seqscan = on; set local enable_hashjoin = on; set local enable_nestloop = on; set local enable_sort = on;
    set local enable_indexscan = off; set local enable_indexonlyscan = off; set local enable_bitmapscan = off; set local enable_mergejoin = off;
    set local enable_partition_pruning = off; set local max_parallel_workers_per_gather = 0; set local jit = off";

/// Why a statement was not planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// SQLSTATE; empty when PostgreSQL had no say.
    pub sqlstate: String,
    /// PostgreSQL's message.
    pub message: String,
    /// Byte offset in the statement's text that the message is about.
    pub position: Option<usize>,
}

/// The session is of no use any more.
#[derive(Debug, thiserror::Error)]
#[error("could not {what} on the server that plans the workload: {source}")]
pub struct PlanSessionError {
    what: &'static str,
    source: tokio_postgres::Error,
}

/// What a question ends in: the outer error ends the session, the inner one is about the statement.
pub type Planned<T> = Result<Result<T, Refusal>, PlanSessionError>;

/// A session that plans.
pub struct PlanSession<'c> {
    client: &'c Client,
    /// `search_path` that it began with.
    pub search_path: String,
    /// Server version, as `server_version_num`.
    pub version_num: u32,
}

impl<'c> PlanSession<'c> {
    /// Opens the transaction.
    pub async fn open(client: &'c Client) -> Result<Self, PlanSessionError> {
        let failed = |source| PlanSessionError { what: "begin a transaction", source };
        let sql = format!(
            "begin read only; set local statement_timeout = {TIMEOUT_MS}; set local standard_conforming_strings = on;
             set local lock_timeout = 1000; set local plan_cache_mode = force_generic_plan;
             savepoint architrave_plan; select current_setting('search_path'); select current_setting('server_version_num')"
        );
        let values = texts(&client.simple_query(&sql).await.map_err(failed)?);
        let version_num = values.get(1).and_then(|v| v.parse().ok()).unwrap_or(0);
        Ok(Self { client, search_path: values.into_iter().next().unwrap_or_default(), version_num })
    }

    /// Ends the transaction.
    pub async fn close(self) -> Result<(), PlanSessionError> {
        self.client.batch_execute("rollback").await.map_err(|source| PlanSessionError { what: "end a transaction", source })
    }

    /// Sets the search path (a list as `SET search_path` takes it) for what follows; a path that PostgreSQL refuses changes nothing.
    pub async fn set_search_path(&self, path: &str) -> Planned<()> {
        let value = architrave_model::name::quote_literal(path);
        Ok(self.ask(&format!("select set_config('search_path', {value}, true)"), 0).await?.map(|_| ()))
    }

    /// The types of a statement's parameters, in order, spelled for the search path in force.
    pub async fn parameter_types(&self, text: &str) -> Planned<Vec<String>> {
        let before = "prepare architrave_plan as ";
        let sql = format!(
            "{before}{text}
             ; select t::text from pg_catalog.pg_prepared_statements p, unnest(p.parameter_types) with ordinality u(t, n)
             where p.name = 'architrave_plan' order by n; deallocate architrave_plan"
        );
        Ok(self.ask(&sql, before.len()).await?.map(|messages| texts(&messages)))
    }

    /// The generic plan of a statement with parameters, with all partitions that some value may need.
    pub async fn generic(&self, text: &str, parameters: usize) -> Planned<Plan> {
        let answer = self.prepared("", text, parameters).await?;
        // The NULLs that stand in for values must not prune.
        if answer.as_ref().is_ok_and(|plan| plan.nodes().iter().any(|n| n.subplans_removed.is_some())) {
            return self.prepared("set local enable_partition_pruning = off; ", text, parameters).await;
        }
        Ok(answer)
    }

    /// The generic plan as if no table had an index: it shows every condition and order.
    pub async fn bare_generic(&self, text: &str, parameters: usize) -> Planned<Plan> {
        self.prepared(&self.bare_settings(), text, parameters).await
    }

    async fn prepared(&self, settings: &str, text: &str, parameters: usize) -> Planned<Plan> {
        let before = format!("{settings}prepare architrave_plan as ");
        let nulls = vec!["null"; parameters].join(", ");
        let arguments = if parameters == 0 { String::new() } else { format!("({nulls})") };
        let sql = format!("{before}{text}\n; explain (verbose, format json) execute architrave_plan{arguments}");
        let answer = self.ask(&sql, before.len()).await?;
        // A prepared statement outlives the savepoint.
        let _absent = self.ask("deallocate architrave_plan", 0).await?;
        Ok(answer.and_then(|messages| plan_of(&messages)))
    }

    /// The plan of a statement without parameters.
    pub async fn plan(&self, text: &str) -> Planned<Plan> {
        let before = "explain (verbose, format json) ";
        Ok(self.ask(&format!("{before}{text}"), before.len()).await?.and_then(|messages| plan_of(&messages)))
    }

    /// The plan of a statement without parameters as if no table had an index.
    pub async fn bare_plan(&self, text: &str) -> Planned<Plan> {
        let before = format!("{}explain (verbose, format json) ", self.bare_settings());
        Ok(self.ask(&format!("{before}{text}"), before.len()).await?.and_then(|messages| plan_of(&messages)))
    }

    fn bare_settings(&self) -> String {
        let incremental = if self.version_num >= 130_000 { "; set local enable_incremental_sort = off" } else { "" };
        format!("{BARE}{incremental}; ")
    }

    /// Sends one message and goes back to the savepoint, whatever the outcome; `before` bytes of it are ours. The savepoint stands in no
    /// message with a statement: one that does not parse would take it along.
    async fn ask(&self, sql: &str, before: usize) -> Planned<Vec<SimpleQueryMessage>> {
        let answer = match self.client.simple_query(sql).await {
            Ok(messages) => Ok(messages),
            Err(error) if error.as_db_error().is_some() => Err(refusal(&error, sql, before)),
            Err(source) => return Err(PlanSessionError { what: "plan a statement", source }),
        };
        let keeps = answer.is_ok() && sql.starts_with("select set_config");
        let back =
            if keeps { "release savepoint architrave_plan; savepoint architrave_plan" } else { "rollback to savepoint architrave_plan" };
        self.client.batch_execute(back).await.map_err(|source| PlanSessionError { what: "go on after a statement", source })?;
        Ok(answer)
    }
}

fn refusal(error: &tokio_postgres::Error, sql: &str, before: usize) -> Refusal {
    let Some(db) = error.as_db_error() else {
        return Refusal { sqlstate: String::new(), message: error.to_string(), position: None };
    };
    let position = match db.position() {
        // PostgreSQL counts characters from 1; what is ours is ASCII.
        Some(tokio_postgres::error::ErrorPosition::Original(at)) => (*at as usize).checked_sub(before + 1).and_then(|chars| {
            let text = sql.get(before..)?;
            Some(text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at))
        }),
        _ => None,
    };
    Refusal { sqlstate: db.code().code().to_owned(), message: db.message().to_owned(), position }
}

/// The first column of all rows.
fn texts(messages: &[SimpleQueryMessage]) -> Vec<String> {
    let row =
        |m: &SimpleQueryMessage| if let SimpleQueryMessage::Row(row) = m { row.try_get(0).ok().flatten().map(str::to_owned) } else { None };
    messages.iter().filter_map(row).collect()
}

fn plan_of(messages: &[SimpleQueryMessage]) -> Result<Plan, Refusal> {
    let unreadable = |message: String| Refusal { sqlstate: String::new(), message, position: None };
    let text = texts(messages).pop().ok_or_else(|| unreadable("there is no plan for it".to_owned()))?;
    let plans: Vec<Plan> = serde_json::from_str(&text).map_err(|e| unreadable(format!("its plan cannot be read: {e}")))?;
    plans.into_iter().next().ok_or_else(|| unreadable("there is no plan for it".to_owned()))
}
