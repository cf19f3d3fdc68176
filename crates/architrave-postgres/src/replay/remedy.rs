//! What stands in for a platform while scripts run: extensions, missing roles and schemas; and the server's refusals that this can mend.

use super::confine::describe;
use super::error::ReplayError;
use super::extension;
use super::prelude::Prelude;
use architrave_model::name::ObjectKind;
use architrave_model::script::Script;
use std::collections::BTreeSet;
use tokio_postgres::{Client, SimpleQueryMessage};

/// A server error of one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// SQLSTATE.
    pub sqlstate: String,
    /// The server's message.
    pub message: String,
}

/// The stand-ins of one database, and which of them were used.
#[derive(Debug)]
pub(crate) struct StandIns {
    available: BTreeSet<String>,
    stubbed: BTreeSet<String>,
    /// Schemas that some script creates; one that is missing before is a fault of the scripts.
    made_schemas: BTreeSet<String>,
}

impl StandIns {
    /// Prepares them in a database that has the schema of the tracker.
    pub(crate) async fn install(admin: &Client, prelude: Prelude, scripts: &[Script]) -> Result<Self, ReplayError> {
        extension::install(admin).await?;
        if prelude == Prelude::Supabase {
            extension::preinstall_vault(admin).await?;
        }
        Self::there(admin, scripts).await
    }

    /// Those that somebody has prepared before.
    pub(crate) async fn there(admin: &Client, scripts: &[Script]) -> Result<Self, ReplayError> {
        let available = names(admin, "select name from pg_available_extensions").await?;
        let stubbed = names(admin, "select extname from pg_extension where extversion = 'stub'").await?;
        Ok(Self { available, stubbed, made_schemas: made_schemas(scripts) })
    }

    /// The statement that is run in place of CREATE EXTENSION.
    pub(crate) fn create_extension(&mut self, name: &str, schema: Option<&str>) -> String {
        let real = extension::is_harmless(name) && self.available.contains(name);
        if !real {
            self.stubbed.insert(name.to_owned());
        }
        extension::statement(name, schema, real)
    }

    /// Extensions that only stood in.
    pub(crate) fn into_stubbed(self) -> Vec<String> {
        self.stubbed.into_iter().collect()
    }

    /// What to run first and what to try again, for refusals that come from the private server being bare.
    pub(crate) fn remedy(&self, refusal: &Refusal, text: &str) -> Option<(Option<String>, String)> {
        let quoted = refusal.message.split('"').nth(1);
        match refusal.sqlstate.as_str() {
            "42704" if refusal.message.starts_with("role ") => {
                let name = architrave_model::name::quote_literal(quoted?);
                Some((Some(format!("select architrave_replay.add_role({name})")), text.to_owned()))
            }
            "3F000" if refusal.message.starts_with("schema ") => {
                let name = quoted.filter(|name| !self.made_schemas.contains(*name))?;
                Some((
                    Some(format!("select architrave_replay.add_schema({})", architrave_model::name::quote_literal(name))),
                    text.to_owned(),
                ))
            }
            "42501" if refusal.message.ends_with(" is a system trigger") => without_system_triggers(text).map(|text| (None, text)),
            "42501" => Some((Some("select architrave_replay.join_roles()".to_owned()), text.to_owned())),
            "22023" if refusal.message.starts_with("unrecognized parameter") && !self.stubbed.is_empty() => {
                without_storage_parameters(text).map(|text| (None, text))
            }
            "42601" | "22P02" | "42704" if self.stubbed.iter().any(|e| e == "postgis") => {
                without_geometry_modifiers(text).map(|text| (None, text))
            }
            _ => None,
        }
    }
}

fn made_schemas(scripts: &[Script]) -> BTreeSet<String> {
    let touches = scripts.iter().flat_map(|s| &s.statements).flat_map(|s| &s.touches);
    touches.filter(|t| t.created && t.object.kind == ObjectKind::Schema).map(|t| t.object.name.clone()).collect()
}

async fn names(admin: &Client, query: &str) -> Result<BTreeSet<String>, ReplayError> {
    let answer = admin.simple_query(query).await.map_err(ReplayError::own("list its extensions"))?;
    Ok(answer
        .iter()
        .filter_map(|m| match m {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
        .collect())
}

/// What the server said.
pub(crate) fn refusal(error: &tokio_postgres::Error) -> Refusal {
    let sqlstate = error.code().map_or_else(|| "08006".to_owned(), |c| c.code().to_owned());
    Refusal { sqlstate, message: describe(error) }
}

/// The statement without its last `WITH (…)`: index options of an access method that only stands in.
fn without_storage_parameters(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let at = lower.rfind("with")?;
    let open = at + text[at..].find('(')?;
    let close = open + text[open..].find(')')?;
    lower[at + 4..open].trim().is_empty().then(|| format!("{}{}", &text[..at], &text[close + 1..]))
}

/// `ENABLE TRIGGER ALL` → `ENABLE TRIGGER USER`, `DISABLE …` too: those behind foreign keys are a superuser's.
fn without_system_triggers(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let at = lower.rfind("trigger")? + "trigger".len();
    let blank = lower[at..].len() - lower[at..].trim_start().len();
    let word = at + blank;
    (blank > 0 && lower[word..].trim_end() == "all").then(|| format!("{}user", &text[..word]))
}

/// `geometry(Point,4326)` → `geometry`: the stand-in has no modifiers.
fn without_geometry_modifiers(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    let mut changed = false;
    for (at, word) in lower
        .match_indices("geo")
        .filter_map(|(at, _)| ["geometry", "geography"].into_iter().find(|w| lower[at..].starts_with(w)).map(|w| (at, w)))
    {
        let after = at + word.len();
        if at < rest || !lower[after..].trim_start().starts_with('(') {
            continue;
        }
        let Some(close) = lower[after..].find(')') else { continue };
        out.push_str(&text[rest..after]);
        rest = after + close + 1;
        changed = true;
    }
    out.push_str(&text[rest..]);
    changed.then_some(out)
}
