//! Runs the statements of a schema on the twin as an ordinary role: many at once, one by one where a batch fails.

use super::error::TwinError;
use crate::replay::confine::{Confined, describe};
use crate::replay::extension;
use crate::server::Database;
use architrave_model::Gap;
use architrave_model::name::{quote_ident, quote_literal};
use std::collections::BTreeSet;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

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
    let mut runner = Runner { client, admin, gaps: Vec::new(), dependents: Vec::new() };
    let mut statements = Vec::with_capacity(ddl.len());
    for statement in ddl.iter().filter(|s| !is_beside_the_point(s)) {
        let Some((name, schema)) = extension_of(statement) else {
            statements.push(statement.clone());
            continue;
        };
        let real = extension::is_harmless(&name) && available.contains(&name);
        statements.push(extension::statement(&name, schema.as_deref(), real));
        if !real {
            let why = "this server does not have it: a stand-in has its commonest types and functions, and none of its ways to estimate";
            runner.gaps.push(Gap::new(format!("extension {name}"), why, Some("install the extension for this machine's PostgreSQL")));
        }
    }
    for batch in statements.chunks(BATCH) {
        runner.batch(batch).await?;
    }
    runner
        .admin
        .batch_execute("drop schema architrave_replay cascade")
        .await
        .map_err(TwinError::sql("take the schema's stand-ins away"))?;
    Ok(runner.finish())
}

fn is_beside_the_point(statement: &str) -> bool {
    let start: String = statement.trim_start().chars().take(30).collect::<String>().to_ascii_lowercase();
    BESIDE_THE_POINT.iter().any(|prefix| start.starts_with(prefix))
}

async fn available_extensions(admin: &Client) -> Result<BTreeSet<String>, TwinError> {
    let rows = admin.query("select name::text from pg_available_extensions", &[]).await.map_err(TwinError::sql("list its extensions"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Name and schema of a `CREATE EXTENSION`.
fn extension_of(statement: &str) -> Option<(String, Option<String>)> {
    let words: Vec<&str> = statement.split_whitespace().collect();
    let is = |at: usize, word: &str| words.get(at).is_some_and(|w| w.eq_ignore_ascii_case(word));
    if !(is(0, "create") && is(1, "extension")) {
        return None;
    }
    let unquote = |word: &&str| word.trim_matches([';', '"']).to_owned();
    let name = words.get(if is(2, "if") { 5 } else { 2 }).map(unquote)?;
    let schema_at = words.iter().position(|word| word.eq_ignore_ascii_case("schema")).map(|at| at + 1);
    Some((name, schema_at.and_then(|at| words.get(at)).map(unquote)))
}

/// What may be mended about one statement.
const REMEDIES: usize = 8;

struct Runner {
    client: Client,
    admin: Client,
    gaps: Vec<Gap>,
    /// Statements that failed for want of a relation that was left out.
    dependents: Vec<String>,
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
        let mut last = None;
        for _ in 0..REMEDIES {
            let Err(error) = self.client.simple_query(statement).await else { return Ok(()) };
            if self.client.is_closed() {
                return Err(TwinError::Lost { what: format!("run: {}", head(statement)) });
            }
            let mended = self.mend(&error).await;
            last = Some(error);
            if !mended {
                break;
            }
        }
        let Some(error) = last else { return Ok(()) };
        if error.code() == Some(&SqlState::UNDEFINED_TABLE) {
            self.dependents.push(head(statement));
        } else {
            self.gaps.push(Gap::new(head(statement), describe(&error), None));
        }
        Ok(())
    }

    /// Makes what a statement lacks, or something in its place; whether it is worth another try.
    async fn mend(&mut self, error: &tokio_postgres::Error) -> bool {
        let Some(Remedy { help, gap }) = remedy(error) else { return false };
        for sql in help {
            if self.admin.batch_execute(&sql).await.is_ok() {
                self.gaps.extend(gap);
                return true;
            }
        }
        false
    }

    fn finish(mut self) -> Vec<Gap> {
        if !self.dependents.is_empty() {
            let listed: Vec<&str> = self.dependents.iter().take(NAMES).map(String::as_str).collect();
            let more = if self.dependents.len() > NAMES { "; …" } else { "" };
            let what = format!("what depends on relations that were left out ({} statements)", self.dependents.len());
            self.gaps.push(Gap::new(what, format!("left out with them: {}{more}", listed.join("; ")), None));
        }
        self.gaps
    }
}

/// As many statements as one gap lists.
const NAMES: usize = 10;

/// Statements of which the first that succeeds helps, and what is then not as on the source.
struct Remedy {
    help: Vec<String>,
    gap: Option<Gap>,
}

/// Roles, schemas, types and collations that the schema names and this server lacks.
fn remedy(error: &tokio_postgres::Error) -> Option<Remedy> {
    let refusal = error.as_db_error()?;
    let name = refusal.message().split('"').nth(1)?;
    let is = |start: &str| refusal.message().starts_with(start);
    match refusal.code().code() {
        "42704" if is("role ") => {
            Some(Remedy { help: vec![format!("select architrave_replay.add_role({})", quote_literal(name))], gap: None })
        }
        "3F000" if is("schema ") => {
            Some(Remedy { help: vec![format!("create schema {} authorization postgres", quote_ident(name))], gap: None })
        }
        "42704" if is("type ") => {
            let (schema, own) = name.trim_end_matches("[]").split_once('.')?;
            let named = format!("{}.{}", quote_ident(schema), quote_ident(own));
            let why = "this server does not have it: text stands in, so that other columns of its tables can be planned";
            Some(Remedy {
                help: vec![format!("create domain {named} as text; alter domain {named} owner to postgres")],
                gap: Some(Gap::new(format!("type {schema}.{own}"), why, None)),
            })
        }
        "42704" if is("collation ") => {
            let (schema, own) = name.split_once('.').unwrap_or(("pg_catalog", name));
            let named = format!("{}.{}", quote_ident(schema), quote_ident(own));
            let make = |how: &str| format!("set allow_system_table_mods = on; create collation {named} {how}");
            let why = "this machine does not have it: another order stands in, so that ranges of text are estimated a little differently";
            Some(Remedy {
                help: ["(provider = icu, locale = 'und')", "(locale = 'C.UTF-8')", "(locale = 'C')"].map(make).to_vec(),
                gap: Some(Gap::new(format!("collation {own}"), why, Some("install the locale on this machine"))),
            })
        }
        _ => None,
    }
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
    fn extensions_have_a_name_and_a_schema() {
        let named = |name: &str, schema: Option<&str>| Some((name.to_owned(), schema.map(str::to_owned)));
        assert_eq!(extension_of("create extension if not exists citext with schema \"Ext\""), named("citext", Some("Ext")));
        assert_eq!(extension_of("CREATE EXTENSION file_fdw;"), named("file_fdw", None));
        assert_eq!(extension_of("create table extension (a int)"), None);
    }

    #[test]
    fn a_head_names_what_was_to_be_made() {
        assert_eq!(head("create table public.\"A\" (\n    id int)"), "create table public.\"A\"");
    }
}
