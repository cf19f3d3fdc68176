//! What stands in for a platform while scripts run: extensions, missing roles and schemas; and the server's refusals that this can mend.

use super::confine::describe;
use super::error::ReplayError;
use super::extension;
use super::prelude::Prelude;
use crate::platform::supabase;
use architrave_model::name::ObjectKind;
use architrave_model::script::{Script, StatementKind};
use std::collections::BTreeSet;
use tokio_postgres::{Client, SimpleQueryMessage};

/// Extensions of Supabase's that bring a schema of their own.
static DASHBOARD: &[(&str, &str)] = &[("pg_cron", "cron"), ("pg_net", "net"), ("pgmq", "pgmq"), ("pgsodium", "pgsodium")];

/// Extensions that DO blocks create: no statement of ours can stand in for those, and many a block hides the failure.
fn in_blocks(scripts: &[Script]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for statement in scripts.iter().flat_map(|s| &s.statements).filter(|s| s.kind == StatementKind::Data) {
        let lower = statement.text.to_ascii_lowercase();
        if !lower.starts_with("do") {
            continue;
        }
        for (at, phrase) in lower.match_indices("create extension") {
            let mut words = lower[at + phrase.len()..].split_whitespace();
            let name = match words.next() {
                Some("if") => words.nth(2),
                other => other,
            };
            let name = name.unwrap_or_default().trim_end_matches(';').trim_matches('"');
            if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

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
    /// Whether the database has a platform's own objects, and a role that acts on them.
    platform: bool,
    /// Schemas that some script creates; one that is missing before is a fault of the scripts.
    made_schemas: BTreeSet<String>,
}

impl StandIns {
    /// Prepares them in a database that has the schema of the tracker.
    pub(crate) async fn install(admin: &Client, prelude: Prelude, scripts: &[Script]) -> Result<Self, ReplayError> {
        extension::install(admin).await?;
        if prelude.is_supabase() {
            extension::preinstall_vault(admin).await?;
        }
        let available = names(admin, "select name from pg_available_extensions").await?;
        for name in in_blocks(scripts).iter().filter(|name| !available.contains(*name)) {
            extension::preinstall(admin, name).await?;
        }
        Self::there(admin, scripts).await
    }

    /// Those that somebody has prepared before.
    pub(crate) async fn there(client: &Client, scripts: &[Script]) -> Result<Self, ReplayError> {
        let available = names(client, "select name from pg_catalog.pg_available_extensions").await?;
        let stubbed = names(client, "select extname from pg_catalog.pg_extension where extversion = 'stub'").await?;
        let acting = "select 'yes' where pg_catalog.to_regprocedure('architrave_replay.as_platform(text)') is not null";
        let platform = !names(client, acting).await?.is_empty();
        Ok(Self { available, stubbed, platform, made_schemas: made_schemas(scripts) })
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

    /// What the report says of a remedy that [`Self::remedy`] has found for the refusal and that is about to be used; nothing when it is a detail of
    /// the private server.
    pub(crate) fn note(&mut self, refusal: &Refusal, text: &str) -> Option<String> {
        if let Some((extension, _)) = self.switched_on_elsewhere(refusal) {
            self.stubbed.insert(extension.to_owned());
            return Some(format!("extension {extension} is used before any script makes it; a stand-in was made"));
        }
        if self.builds_in_platform(refusal, text) {
            let schema = refusal.message.rsplit(' ').next()?;
            return Some(format!(
                "makes an object in schema {schema}, which Supabase refuses to projects since April 2025; it was made, so that what follows can run"
            ));
        }
        match refusal.sqlstate.as_str() {
            "22023" => return Some("lost the storage parameters of an index whose access method only stands in".to_owned()),
            // Whom a policy or privilege is for is part of what is looked at; whom an object belongs to is the private server's own affair.
            "42704" if refusal.message.starts_with("role ") && is_about_access(text) => {
                let role = refusal.message.split('"').nth(1)?;
                return Some(format!("role {role} is expected to exist and no script makes it; one without any right was made"));
            }
            "42501" if refusal.message == LEAKPROOF => return Some("lost LEAKPROOF, which only a superuser may give".to_owned()),
            "42601" | "22P02" => return Some("lost the modifiers of geometry or geography, which only stand in".to_owned()),
            _ => {}
        }
        let schema = refusal.message.split('"').nth(1).filter(|_| refusal.sqlstate == "3F000")?;
        Some(format!("schema {schema} is expected to exist and no script makes it; an empty one was made"))
    }

    /// An extension that a project uses and its scripts do not make: it was switched on in the dashboard.
    fn switched_on_elsewhere(&self, refusal: &Refusal) -> Option<(&'static str, &'static str)> {
        if !self.platform || !matches!(refusal.sqlstate.as_str(), "3F000" | "42P01") {
            return None;
        }
        let name = refusal.message.split('"').nth(1)?;
        let schema = name.split('.').next()?;
        let found = DASHBOARD.iter().find(|(_, home)| *home == schema)?;
        (!self.stubbed.contains(found.0) && !self.made_schemas.contains(schema)).then_some(*found)
    }

    /// Something that the platform does for `postgres`, who does not own the table.
    fn acts(&self, refusal: &Refusal, text: &str) -> bool {
        self.platform && refusal.sqlstate == "42501" && refusal.message.starts_with("must be owner of ") && supabase::permits(text)
    }

    /// A new object in a schema of the platform's: history of before it was forbidden.
    fn builds_in_platform(&self, refusal: &Refusal, text: &str) -> bool {
        let home = refusal.message.strip_prefix("permission denied for schema ");
        let creates = text.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("create"));
        self.platform && refusal.sqlstate == "42501" && creates && home.is_some_and(|home| matches!(home, "auth" | "storage" | "realtime"))
    }

    /// What to run first and what to try again, for refusals that come from the private server being bare.
    pub(crate) fn remedy(&self, refusal: &Refusal, text: &str) -> Option<(Option<String>, String)> {
        let quoted = refusal.message.split('"').nth(1);
        if let Some((extension, schema)) = self.switched_on_elsewhere(refusal) {
            let help = format!("select architrave_replay.add_extension('{extension}', '{schema}', false)");
            return Some((Some(help), text.to_owned()));
        }
        if self.acts(refusal, text) || self.builds_in_platform(refusal, text) {
            return Some((None, format!("select architrave_replay.as_platform({})", architrave_model::name::quote_literal(text))));
        }
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
            "42501" if refusal.message == LEAKPROOF => without_leakproof(text).map(|text| (None, text)),
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

const LEAKPROOF: &str = "only superuser can define a leakproof function";

/// `CREATE FUNCTION … LEAKPROOF` without that word: what comes after needs the function, and the planner alone the promise.
fn without_leakproof(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let is_word = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    let whole = |at: &usize| is_word(lower[..*at].chars().next_back()) && is_word(lower[at + "leakproof".len()..].chars().next());
    let places: Vec<usize> = lower.match_indices("leakproof").map(|(at, _)| at).filter(whole).collect();
    let mut out = text.to_owned();
    for at in places.iter().rev() {
        out.replace_range(*at..at + "leakproof".len(), "");
    }
    (lower.trim_start().starts_with("create") && !places.is_empty() && !lower.contains("not leakproof")).then_some(out)
}

fn is_about_access(text: &str) -> bool {
    let text = text.trim_start().to_ascii_lowercase();
    ["create policy", "alter policy", "grant ", "revoke ", "alter default privileges"].iter().any(|begin| text.starts_with(begin))
}

fn made_schemas(scripts: &[Script]) -> BTreeSet<String> {
    let touches = scripts.iter().flat_map(|s| &s.statements).flat_map(|s| &s.touches);
    touches.filter(|t| t.created && t.object.kind == ObjectKind::Schema).map(|t| t.object.name.clone()).collect()
}

async fn names(client: &Client, query: &str) -> Result<BTreeSet<String>, ReplayError> {
    let answer = client.simple_query(query).await.map_err(ReplayError::own("list its extensions"))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_promise_of_a_function_goes_and_the_function_stays() {
        let text = "create function f() returns int language sql STABLE LEAKPROOF parallel safe as $$ select 1 $$ leakproof";
        let left = "create function f() returns int language sql STABLE  parallel safe as $$ select 1 $$ ";
        assert_eq!(without_leakproof(text).as_deref(), Some(left));
        assert_eq!(without_leakproof("alter function f() leakproof"), None);
        assert_eq!(without_leakproof("create function leakproof_f() returns int language sql as 'select 1'"), None);
    }
}
