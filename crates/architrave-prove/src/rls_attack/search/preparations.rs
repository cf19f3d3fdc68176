//! What an attacker may write first: rows with values that policies ask for, his own rows changed, functions called, claims of his own making.

use super::super::arena::Move;
use super::super::book::Book;
use super::super::case::{Case, Ground, Known};
use super::super::intent::{names, schema};
use super::super::matrix::{Sign, Trial, callable};
use super::super::meaning::Meant;
use super::super::statements::{insert, literal, takes, update};
use super::literals::{compared, promoted, texts};
use crate::Deadline;
use crate::ground::set_config;
use architrave_model::QualifiedName;
use architrave_model::access::attack::Fault;
use architrave_model::access::{Actor, ActorKind, CellVerdict, Command, Target};
use architrave_model::catalog::{Table, Volatility};
use architrave_model::finding::Severity;
use architrave_model::name::quote_literal;
use std::collections::BTreeSet;

/// At most so many rows are made up for one table.
const INSERTS: usize = 40;

/// A column with an SQL literal.
type Pair = (String, String);

/// One statement that prepares the ground.
#[derive(Debug, Clone)]
pub(in super::super) struct Preparation {
    /// The statement as a trial of its own.
    pub(in super::super) trial: Trial,
    /// Tables that it writes to, as far as known.
    pub(in super::super) tables: Vec<QualifiedName>,
    /// It changes claims.
    pub(in super::super) claims: bool,
    /// `sets role of his own row of public.profiles to 'admin'`.
    pub(in super::super) what: String,
    /// It counts nothing, and goes all the same.
    pub(in super::super) always: bool,
    /// Values of the row that it makes, with those that matter.
    pub(in super::super) row: Option<(Vec<Pair>, Vec<String>)>,
    /// What is at fault, where it is no policy.
    pub(in super::super) fault: Option<Fault>,
}

impl Preparation {
    /// The statement.
    pub(in super::super) fn act(&self) -> &Move {
        // A preparation is made of exactly one statement.
        static NOTHING: std::sync::OnceLock<Move> = std::sync::OnceLock::new();
        self.trial.moves.first().unwrap_or_else(|| NOTHING.get_or_init(|| Move::look("select")))
    }

    /// The table, when it is one.
    pub(in super::super) fn table(&self) -> Option<&QualifiedName> {
        self.tables.first().filter(|_| self.tables.len() == 1)
    }

    fn new(actor: &Actor, sql: String, tables: Vec<QualifiedName>, what: String) -> Self {
        let trial = Trial::new(vec![Move::by(actor.kind, sql)], Sign::Count(0), Meant::Unknown, what.clone(), Severity::High);
        Self { trial, tables, claims: false, what, always: false, row: None, fault: None }
    }
}

/// All that may be worth a try on these tables, as far as it can be thought of in time.
pub(super) fn all(case: &Case<'_>, book: &Book, actor: &Actor, relevant: &BTreeSet<QualifiedName>, deadline: Deadline) -> Vec<Preparation> {
    let mut all = claims(case, actor);
    let words: BTreeSet<&str> = texts(case).flat_map(|t| t.split(|c: char| !(c.is_alphanumeric() || c == '_'))).collect();
    for ground in case.grounds.iter().filter(|g| relevant.contains(&g.table.name)) {
        if deadline.reached().is_some() {
            break;
        }
        all.extend(updates(case, book, ground, actor, &words));
        all.extend(inserts(case, ground, actor, &words));
        all.extend(deletes(case, ground, actor));
    }
    all.extend(calls(case, book, actor, relevant));
    all
}

fn updates(case: &Case<'_>, book: &Book, ground: &Ground<'_>, actor: &Actor, words: &BTreeSet<&str>) -> Vec<Preparation> {
    let table = ground.table;
    let Some(privileges) = case.privileges.of(&actor.role, &table.name) else { return Vec::new() };
    let kept_out = book.entries.iter().any(|e| {
        e.cell.target == ground.target
            && e.cell.actor == actor.kind
            && e.cell.command == Command::Update
            && e.cell.verdict == CellVerdict::Denied
    });
    let privileged = case.intent_of(ground).of(&table.name).map(|i| i.privileged.as_slice()).unwrap_or_default();
    let victim = ground.rows.iter().find(|k| k.row.of == ActorKind::Owner);
    let mut all = Vec::new();
    for known in &ground.rows {
        let own = known.row.of == actor.kind;
        if !own && kept_out {
            continue;
        }
        for column in privileges.update.iter().filter(|c| takes(table, c)) {
            let asked = words.contains(column.as_str());
            let mut values = if privileged.contains(column) {
                promoted(case, table, column)
            } else if asked {
                compared(case, table, column)
            } else {
                Vec::new()
            };
            let linked = table.foreign_keys().any(|(c, _)| c.columns.contains(column));
            if own && (asked || linked) {
                values.extend(victim.and_then(|v| literal(v.row, column)).map(str::to_owned));
                values.extend(victim_in(case, table, column));
            }
            for value in values.into_iter().filter(|v| literal(known.row, column) != Some(v.as_str())) {
                let sql = update(table, &[(column.clone(), value.clone())], Some(&known.condition));
                let whose = if own { "his own row" } else { "a row" };
                let what = format!("sets {column} of {whose} of {} to {value}", table.name);
                all.push(Preparation::new(actor, sql, vec![table.name.clone()], what));
            }
        }
    }
    all
}

fn inserts(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor, words: &BTreeSet<&str>) -> Vec<Preparation> {
    let table = ground.table;
    let Some(privileges) = case.privileges.of(&actor.role, &table.name).filter(|p| !p.insert.is_empty()) else { return Vec::new() };
    let victims: Vec<&Known<'_>> = ground.rows.iter().filter(|k| k.row.of == ActorKind::Owner).collect();
    let linked: Vec<&String> = table.foreign_keys().flat_map(|(c, _)| &c.columns).collect();
    let mut bases: Vec<Vec<Pair>> = vec![Vec::new()];
    let victim_value = |column: &String| victims.iter().find_map(|v| literal(v.row, column)).map(|v| (column.clone(), v.to_owned()));
    let links: Vec<Pair> = linked.iter().filter_map(|c| victim_value(c)).collect();
    let asked: Vec<Pair> =
        privileges.insert.iter().filter(|c| !linked.contains(c) && words.contains(c.as_str())).filter_map(victim_value).collect();
    // Where two people meet in one row, the victim is to be the other one.
    let met = |column: &String| victim_in(case, table, column).map(|v| (column.clone(), v));
    let people: Vec<Pair> = privileges.insert.iter().filter(|c| linked.contains(c) || words.contains(c.as_str())).filter_map(met).collect();
    for pair in people.iter().chain(&links).chain(&asked) {
        let base = vec![pair.clone()];
        if !bases.contains(&base) {
            bases.push(base);
        }
    }
    if links.len() > 1 {
        bases.push(links);
    }
    let asked_words = words;
    let mut words: Vec<Option<Pair>> = vec![None];
    for column in privileges.insert.iter().filter(|c| takes(table, c)) {
        let privileged = case.intent_of(ground).of(&table.name).is_some_and(|i| i.privileged.contains(column));
        let values = if privileged {
            promoted(case, table, column)
        } else if asked_words.contains(column.as_str()) {
            compared(case, table, column)
        } else {
            Vec::new()
        };
        words.extend(values.into_iter().map(|v| Some((column.clone(), v))));
    }
    let mut all: Vec<Preparation> = Vec::new();
    for base in &bases {
        for word in &words {
            if all.len() >= INSERTS {
                return all;
            }
            let mut set = base.clone();
            if let Some(word) = word {
                set.retain(|(c, _)| *c != word.0);
                set.push(word.clone());
            }
            let Some(row) = case.scene.fresh_row(case.catalog, case.intent_of(ground), &table.name, actor.kind, &set) else { continue };
            let sql = insert(table, &row, Some(&privileges.insert));
            let told: Vec<String> = set.iter().map(|(c, v)| format!("{c} = {v}")).collect();
            let with = if told.is_empty() { String::new() } else { format!(" with {}", told.join(", ")) };
            let mut one = Preparation::new(actor, sql, vec![table.name.clone()], format!("makes a row of {}{with}", table.name));
            one.row = Some((row, set.into_iter().map(|(c, _)| c).collect()));
            if !all.iter().any(|p| p.act() == one.act()) {
                all.push(one);
            }
        }
    }
    all
}

/// The victim himself as a value of the column, where it names people: by a foreign key to them, or by the type and the name of an identity.
fn victim_in(case: &Case<'_>, table: &Table, column: &str) -> Option<String> {
    let identity = &case.intent.identity;
    if let Some((to, key)) = schema::refers(table, column) {
        let people = identity.users.iter().chain(&identity.profiles).any(|(people, _)| people == to);
        let victim = case.scene.rows.iter().find(|r| people && r.table == *to && r.of == ActorKind::Owner)?;
        return literal(victim, key).map(str::to_owned);
    }
    let found = table.column(column).filter(|c| !c.is_array() && c.base_type() == identity.id_type)?;
    let named = names::owner_rank(&found.name).is_some();
    let victim = case.scene.actors.iter().find(|a| named && a.kind == ActorKind::Owner)?;
    victim.id.as_deref().map(quote_literal)
}

fn deletes(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor) -> Option<Preparation> {
    let table = ground.table;
    case.privileges.lacks(&actor.role, &table.name, Command::Delete).is_none().then(|| {
        let sql = format!("delete from {}", table.name.sql());
        Preparation::new(actor, sql, vec![table.name.clone()], format!("deletes what he may of {}", table.name))
    })
}

/// Calls of functions that have written to one of the tables when the matrix was filled.
fn calls(case: &Case<'_>, book: &Book, actor: &Actor, relevant: &BTreeSet<QualifiedName>) -> Vec<Preparation> {
    let mut all = Vec::new();
    for function in callable(case, actor).into_iter().filter(|f| f.volatility == Volatility::Volatile) {
        let target = Target::Function { name: function.name.clone(), arguments: function.identity_arguments.clone() };
        for (call, tables) in book.written.get(&(actor.kind, target)).into_iter().flatten() {
            let tables: Vec<QualifiedName> = tables.intersection(relevant).cloned().collect();
            if tables.is_empty() {
                continue;
            }
            let mut one = Preparation::new(actor, call.clone(), tables, format!("calls {}", function.name));
            one.always = true;
            one.fault = Some(Fault { what: format!("function {}({})", function.name, function.identity_arguments), ..nothing() });
            all.push(one);
        }
    }
    all
}

fn nothing() -> Fault {
    Fault { what: String::new(), operand: String::new(), location: None }
}

/// Claims that a signed-in user fills himself: `user_metadata`, with the keys and values that policies ask for.
fn claims(case: &Case<'_>, actor: &Actor) -> Vec<Preparation> {
    if actor.kind == ActorKind::Anonymous {
        return Vec::new();
    }
    let Some((name, own)) = actor.settings.iter().find(|(_, value)| value.trim_start().starts_with('{')) else { return Vec::new() };
    let Ok(serde_json::Value::Object(claims)) = serde_json::from_str(own) else { return Vec::new() };
    let victim = case.scene.actors.iter().find(|a| a.kind == ActorKind::Owner);
    let mut all: Vec<Preparation> = Vec::new();
    for text in texts(case) {
        for rest in text.match_indices("user_metadata'").map(|(at, found)| &text[at + found.len()..]) {
            let mut literals = rest.get(..rest.len().min(200)).unwrap_or(rest).split('\'').skip(1).step_by(2);
            let Some(key) = literals.next().filter(|k| !k.is_empty()) else { continue };
            let mut values: Vec<String> = literals.map(str::to_owned).collect();
            values.extend(["true".to_owned(), "admin".to_owned()]);
            values.extend(victim.and_then(|v| v.tenant.clone()));
            values.extend(victim.and_then(|v| v.id.clone()));
            for value in values {
                let mut changed = claims.clone();
                let mut metadata = changed.get("user_metadata").and_then(|m| m.as_object().cloned()).unwrap_or_default();
                metadata.insert(key.to_owned(), serde_json::Value::String(value.clone()));
                changed.insert("user_metadata".to_owned(), serde_json::Value::Object(metadata));
                let json = serde_json::Value::Object(changed).to_string();
                let sql = format!("select {}", set_config(name, &json));
                let what = format!("sets {key} of his own user_metadata to {}", quote_literal(&value));
                let mut one = Preparation::new(actor, sql, Vec::new(), what);
                one.always = true;
                one.claims = true;
                one.fault = Some(Fault { what: format!("user_metadata.{key}, which every user writes himself"), ..nothing() });
                if !all.iter().any(|p| p.act() == one.act()) {
                    all.push(one);
                }
            }
        }
    }
    all
}
