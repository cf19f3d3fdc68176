//! One row of our own in each empty table that the scripts name, and taking it away when it stands in the way.

use super::effect::name_of;
use super::inside::Seen;
use super::outside;
use super::{TraceError, alike};
use architrave_model::QualifiedName;
use architrave_model::script::Script;
use architrave_postgres::Client;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Our rows.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Tables that were looked at.
    tried: HashSet<u32>,
    /// Tables with a row of ours.
    there: BTreeMap<u32, QualifiedName>,
    /// Tables for which none could be made.
    pub(super) without: Vec<(QualifiedName, String)>,
}

impl Rows {
    /// Puts a row into each table that the script names and that has none; partitions are left to what their bounds admit.
    pub(super) async fn put(&mut self, admin: &Client, world: &HashMap<u32, Seen>, script: &Script) -> Result<(), TraceError> {
        let words = words(script);
        let named = |seen: &&Seen| seen.name.as_ref().is_some_and(|n| words.contains(&n.to_lowercase()));
        let mut wanted: Vec<&Seen> = world.values().filter(|s| s.kind.as_deref() == Some("r") && !self.tried.contains(&s.oid)).collect();
        wanted.retain(|s| s.schema.as_deref().is_some_and(|schema| !schema.starts_with("pg_") && schema != "architrave_replay"));
        wanted.retain(named);
        if wanted.is_empty() {
            return Ok(());
        }
        wanted.sort_by_key(|s| s.oid);
        let list: Vec<String> = wanted.iter().map(|s| s.oid.to_string()).collect();
        let sql = format!(
            "select coalesce(architrave_replay.seed(o.oid), '') from unnest('{{{}}}'::oid[]) with ordinality o (oid, at) order by o.at",
            list.join(",")
        );
        let answers = outside::texts(admin, &sql, "put rows into the tables").await?;
        for (seen, complaint) in wanted.iter().zip(answers) {
            self.tried.insert(seen.oid);
            let Some(name) = name_of(seen) else { continue };
            if complaint.is_empty() {
                self.there.insert(seen.oid, name);
            } else {
                self.without.push((name, complaint));
            }
        }
        Ok(())
    }

    /// The command that takes our rows out of the tables which the statement names (out of all where it names none); none when there is nothing
    /// to take.
    pub(super) fn take(&mut self, text: &str) -> Option<String> {
        let text = Named::in_text(text);
        let named: Vec<u32> = self.there.iter().filter(|(_, name)| text.has(&name.name)).map(|(oid, _)| *oid).collect();
        let out = if named.is_empty() { self.there.keys().copied().collect() } else { named };
        self.there.retain(|oid, _| !out.contains(oid));
        let list: Vec<String> = out.iter().map(u32::to_string).collect();
        (!out.is_empty()).then(|| format!("select architrave_replay.unseed('{{{}}}')", list.join(",")))
    }
}

/// Errors that rows can be the cause of: data, integrity, cardinality, and what a script raises itself.
pub(super) fn may_come_from_rows(sqlstate: &str) -> bool {
    matches!(sqlstate.get(..2), Some("21" | "22" | "23" | "P0")) || sqlstate == "40002"
}

/// The words of a script's statements, in lower case.
pub(super) fn words(script: &Script) -> HashSet<String> {
    let mut words = HashSet::new();
    for statement in &script.statements {
        add_words(alike::naming(statement), &mut words);
    }
    words
}

fn add_words(text: &str, words: &mut HashSet<String>) {
    for word in text.split(|c: char| !is_of_word(c)) {
        if !word.is_empty() && !words.contains(word) {
            words.insert(word.to_lowercase());
        }
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The last statement of a script that names something, by words in lower case.
#[derive(Debug, Default)]
pub(super) struct LastNamed(HashMap<String, usize>);

impl LastNamed {
    pub(super) fn of(script: &Script) -> Self {
        let mut last = HashMap::new();
        for (at, statement) in script.statements.iter().enumerate() {
            let mut words = HashSet::new();
            add_words(alike::naming(statement), &mut words);
            last.extend(words.into_iter().map(|word| (word, at)));
        }
        Self(last)
    }

    /// Whether a statement after that one may name the object.
    pub(super) fn after(&self, at: usize, name: &str) -> bool {
        !name.chars().all(is_of_word) || self.0.get(&name.to_lowercase()).is_some_and(|last| *last > at)
    }
}

/// What a statement's text names.
pub(super) struct Named<'a> {
    text: &'a str,
    words: HashSet<String>,
}

impl<'a> Named<'a> {
    pub(super) fn in_text(text: &'a str) -> Self {
        let mut words = HashSet::new();
        add_words(text, &mut words);
        Self { text, words }
    }

    /// Whether it names an object: the bare name, as a word; names that are no words anywhere.
    pub(super) fn has(&self, name: &str) -> bool {
        if name.chars().all(is_of_word) { self.words.contains(&name.to_lowercase()) } else { self.text.contains(name) }
    }
}
