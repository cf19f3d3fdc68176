//! Runs the statements of a schema on the twin as an ordinary role: many at once, one by one where a batch fails.

use super::error::TwinError;
use crate::replay::confine::{Confined, describe};
use crate::replay::extension;
use crate::server::Database;
use architrave_model::Gap;
use architrave_model::name::quote_literal;
use std::collections::BTreeSet;
use tokio_postgres::{Client, SimpleQueryMessage};

/// Statements that are sent together.
const BATCH: usize = 200;

/// What statements start with that no plan depends on.
static BESIDE_THE_POINT: &[&str] = &[
    "comment on ",
    "create event trigger ",
    "create publication ",
    "create subscription ",
    "create trigger ",
    "create constraint trigger ",
];

/// Runs all statements; returns what was left out.
pub(super) async fn create(server: &Confined<'_>, database: &Database, ddl: &[String]) -> Result<Vec<Gap>, TwinError> {
    let admin = server.admin(database).await?;
    admin.batch_execute("create schema architrave_replay").await.map_err(TwinError::sql("set up the schema's stand-ins"))?;
    extension::install(&admin).await?;
    admin
        .batch_execute("grant usage on schema architrave_replay to public")
        .await
        .map_err(TwinError::sql("set up the schema's stand-ins"))?;
    let available = available_extensions(&admin).await?;
    let client = server.owner(database).await?;
    let mut runner = Runner { client, gaps: Vec::new() };
    let statements: Vec<String> = ddl.iter().filter(|s| !is_beside_the_point(s)).map(|s| replace_extension(s, &available)).collect();
    for batch in statements.chunks(BATCH) {
        runner.batch(batch).await?;
    }
    admin.batch_execute("drop schema architrave_replay cascade").await.map_err(TwinError::sql("take the schema's stand-ins away"))?;
    Ok(runner.gaps)
}

fn is_beside_the_point(statement: &str) -> bool {
    let start: String = statement.trim_start().chars().take(30).collect::<String>().to_ascii_lowercase();
    BESIDE_THE_POINT.iter().any(|prefix| start.starts_with(prefix))
}

async fn available_extensions(admin: &Client) -> Result<BTreeSet<String>, TwinError> {
    let rows = admin.query("select name::text from pg_available_extensions", &[]).await.map_err(TwinError::sql("list its extensions"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// `CREATE EXTENSION` becomes the call that makes the real one or its stand-in.
fn replace_extension(statement: &str, available: &BTreeSet<String>) -> String {
    let words: Vec<&str> = statement.split_whitespace().collect();
    let is = |at: usize, word: &str| words.get(at).is_some_and(|w| w.eq_ignore_ascii_case(word));
    if !(is(0, "create") && is(1, "extension")) {
        return statement.to_owned();
    }
    let name_at = if is(2, "if") { 5 } else { 2 };
    let unquote = |word: &&str| word.trim_matches([';', '"']).to_owned();
    let Some(name) = words.get(name_at).map(unquote) else { return statement.to_owned() };
    let schema_at = words.iter().position(|word| word.eq_ignore_ascii_case("schema")).map(|at| at + 1);
    let schema = schema_at.and_then(|at| words.get(at)).map(unquote);
    let real = extension::is_harmless(&name) && available.contains(&name);
    extension::statement(&name, schema.as_deref(), real)
}

struct Runner {
    client: Client,
    gaps: Vec<Gap>,
}

impl Runner {
    async fn batch(&mut self, statements: &[String]) -> Result<(), TwinError> {
        // A comment at the end of a statement must not swallow the semicolon.
        let text = statements.join("\n;\n");
        match self.client.simple_query(&text).await {
            Ok(_) => Ok(()),
            Err(_) if self.client.is_closed() => Err(TwinError::Lost { what: "create the schema".to_owned() }),
            Err(_) => {
                for statement in statements {
                    self.one(statement).await?;
                }
                Ok(())
            }
        }
    }

    async fn one(&mut self, statement: &str) -> Result<(), TwinError> {
        let Err(first) = self.client.simple_query(statement).await else { return Ok(()) };
        let mut error = first;
        if let Some(help) = remedy(&error) {
            // When the remedy fails, the retry fails with the statement's own error.
            let _helped: Result<Vec<SimpleQueryMessage>, _> = self.client.simple_query(&help).await;
            match self.client.simple_query(statement).await {
                Ok(_) => return Ok(()),
                Err(second) => error = second,
            }
        }
        if self.client.is_closed() {
            return Err(TwinError::Lost { what: format!("run: {}", head(statement)) });
        }
        self.gaps.push(Gap::new(head(statement), describe(&error), None));
        Ok(())
    }
}

/// A role that the schema names and this server lacks.
fn remedy(error: &tokio_postgres::Error) -> Option<String> {
    let refusal = error.as_db_error()?;
    if refusal.code().code() != "42704" || !refusal.message().starts_with("role ") {
        return None;
    }
    let name = refusal.message().split('"').nth(1)?;
    Some(format!("select architrave_replay.add_role({})", quote_literal(name)))
}

/// The first words of a statement: what it was to make.
fn head(statement: &str) -> String {
    let line = statement.trim().split(['\n', '(']).next().unwrap_or_default().trim();
    line.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_made_by_a_call() {
        let available = BTreeSet::from(["citext".to_owned(), "file_fdw".to_owned()]);
        let call = |statement: &str| replace_extension(statement, &available);
        assert_eq!(
            call("create extension if not exists citext with schema \"Ext\""),
            "select architrave_replay.add_extension('citext', 'Ext', true)"
        );
        assert_eq!(call("CREATE EXTENSION file_fdw;"), "select architrave_replay.add_extension('file_fdw', null, false)");
        assert_eq!(call("create table extension (a int)"), "create table extension (a int)");
    }

    #[test]
    fn a_head_names_what_was_to_be_made() {
        assert_eq!(head("create table public.\"A\" (\n    id int)"), "create table public.\"A\"");
    }
}
