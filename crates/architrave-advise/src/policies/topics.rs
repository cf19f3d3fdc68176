//! Private topics of realtime: policies that tell by the topic's name whose it is.

use super::rows;
use super::{Alternatives, World, table, untried, words};
use architrave_model::QualifiedName;
use architrave_model::access::{Actor, ActorKind, Cell, CellVerdict, Scope, Target};
use architrave_model::catalog::PolicyCommand;
use architrave_model::name::{quote_ident, quote_literal};

/// Where the pattern of a topic has somebody's id.
const ID: &str = "<id>";

/// Whose the topics of a pattern are, as a condition, with what that needs.
struct Meant {
    condition: String,
    before: Vec<String>,
    after: Vec<String>,
    whose: String,
}

/// One repair for all topics: the policies that let others in go, and those that know the patterns come in their place.
pub(super) fn alternatives(world: &World<'_>, attacks: &[usize]) -> Alternatives {
    let name = QualifiedName::new("realtime", "messages");
    let Some(table) = world.catalog.table_named(&name) else { return Vec::new() };
    let guilty = table::guilty(world.report, table, attacks);
    if guilty.is_empty() {
        return Vec::new();
    }
    let patterns = patterns(world);
    let meant: Vec<Meant> = alike(&patterns).iter().filter_map(|alike| of_patterns(world, alike)).collect();
    if meant.is_empty() {
        return Vec::new();
    }
    let mut conditions: Vec<String> = meant.iter().map(|m| m.condition.clone()).collect();
    conditions.extend(for_everybody(world, &patterns));
    let condition = conditions.join(" or ");
    let mut left = table.clone();
    left.policies.retain(|p| !guilty.iter().any(|g| g.name == p.name));
    let (mut up, mut down): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for statement in meant.iter().flat_map(|m| &m.before) {
        if !up.contains(statement) {
            up.push(statement.clone());
        }
    }
    up.extend(guilty.iter().map(|p| words::drop(&name, &p.name)));
    for (command, word) in [(PolicyCommand::Select, "using"), (PolicyCommand::Insert, "with check")] {
        if !guilty.iter().any(|p| p.command == PolicyCommand::All || p.command == command) {
            continue;
        }
        let policy = words::free_name(&left, &format!("topics_{}", command.sql()));
        up.push(format!(
            "create policy {} on {} for {} to {} {word} ({condition})",
            quote_ident(&policy),
            name.sql(),
            command.sql(),
            world.people.to_signed_in()
        ));
        down.push(words::drop(&name, &policy));
    }
    down.extend(guilty.iter().map(|p| words::create(&name, p)));
    for statement in meant.iter().flat_map(|m| &m.after) {
        if !down.contains(statement) {
            down.push(statement.clone());
        }
    }
    let mut whose: Vec<&str> = meant.iter().map(|m| m.whose.as_str()).collect();
    whose.dedup();
    let title = format!("let only {} into a private topic", whose.join(", and "));
    vec![untried(title, attacks, up, down)]
}

/// Patterns with an id that the victim uses, each with a topic of his.
fn patterns<'a>(world: &World<'a>) -> Vec<(&'a str, String)> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for cell in world.report.cells.iter().filter(|c| c.actor == ActorKind::Owner && c.verdict == CellVerdict::Allowed) {
        let Target::Topic { pattern } = &cell.target else { continue };
        if pattern.matches(ID).count() != 1 || found.iter().any(|(known, _)| known == pattern) {
            continue;
        }
        found.extend(topic_of(world, cell).map(|topic| (pattern.as_str(), topic)));
    }
    found
}

/// Topics without anybody's id that the victim is let into: they stay as open as they were. A name that only begins one with an id is none.
fn for_everybody(world: &World<'_>, patterns: &[(&str, String)]) -> Option<String> {
    let allowed = world.report.cells.iter().filter(|c| c.actor == ActorKind::Owner && c.verdict == CellVerdict::Allowed);
    let mut topics: Vec<&str> = allowed
        .filter_map(|c| match &c.target {
            Target::Topic { pattern } => Some(pattern.as_str()),
            _ => None,
        })
        .filter(|topic| !topic.contains(ID) && !patterns.iter().any(|(p, _)| p.starts_with(topic)))
        .collect();
    topics.sort_unstable();
    topics.dedup();
    let list: Vec<String> = topics.iter().map(|t| quote_literal(t)).collect();
    (!list.is_empty()).then(|| format!("{} in ({})", asked(world), list.join(", ")))
}

/// The topic that the transcript of a cell is about.
fn topic_of(world: &World<'_>, cell: &Cell) -> Option<String> {
    world.report.transcripts.get(cell.evidence?)?.topic.clone()
}

/// What the ids in names of topics are held against.
enum Ids {
    /// One expression.
    One(String),
    /// Those of rows: an expression, and what stands after FROM.
    Each(String, String),
}

/// Patterns that begin alike, with the id of one topic.
struct Alike<'a> {
    prefix: &'a str,
    suffixes: Vec<&'a str>,
    id: String,
}

fn alike<'a>(patterns: &'a [(&str, String)]) -> Vec<Alike<'a>> {
    let mut all: Vec<Alike<'_>> = Vec::new();
    for (pattern, topic) in patterns {
        let Some((prefix, suffix)) = pattern.split_once(ID) else { continue };
        let Some(id) = topic.strip_prefix(prefix).and_then(|t| t.strip_suffix(suffix)) else { continue };
        let plain = |s: &&str| s.is_empty() || s.starts_with(':');
        let same = |a: &&mut Alike<'_>| a.prefix == prefix && a.id == id && plain(&suffix) && a.suffixes.iter().all(plain);
        match all.iter_mut().find(same) {
            Some(known) => known.suffixes.push(suffix),
            None => all.push(Alike { prefix, suffixes: vec![suffix], id: id.to_owned() }),
        }
    }
    all
}

impl Alike<'_> {
    /// Whether the topic that is asked for is one of these ids', in a form that is computed once per statement.
    fn condition(&self, asked: &str, ids: &Ids) -> String {
        let own = |value: &str| match self.suffixes.as_slice() {
            [suffix] => {
                let before = if self.prefix.is_empty() { String::new() } else { format!("{} || ", quote_literal(self.prefix)) };
                let after = if suffix.is_empty() { String::new() } else { format!(" || {}", quote_literal(suffix)) };
                format!("{before}{value}::text{after}")
            }
            _ => format!("{value}::text"),
        };
        let asks = match (self.suffixes.len(), self.prefix) {
            (1, _) => asked.to_owned(),
            (_, "") => format!("split_part({asked}, ':', 1)"),
            (_, prefix) => format!("split_part(substr({asked}, {}), ':', 1)", prefix.chars().count() + 1),
        };
        let holds = match ids {
            Ids::One(value) => format!("{asks} = {}", own(value)),
            Ids::Each(value, from) => format!("{asks} = any (array(select {} from {from}))", own(value)),
        };
        if self.suffixes.len() == 1 || self.prefix.is_empty() {
            return holds;
        }
        format!("(starts_with({asked}, {}) and {holds})", quote_literal(self.prefix))
    }
}

fn of_patterns(world: &World<'_>, alike: &Alike<'_>) -> Option<Meant> {
    let asked = asked(world);
    let victim = world.report.actors.iter().find(|a| a.kind == ActorKind::Owner)?;
    let is = |of: fn(&Actor) -> Option<&str>| of(victim) == Some(alike.id.as_str());
    if is(|a| a.id.as_deref()) {
        let condition = alike.condition(&asked, &Ids::One(world.people.id.clone()?));
        return Some(Meant { condition, before: Vec::new(), after: Vec::new(), whose: "the user whose id its name holds".to_owned() });
    }
    let of_tenant = if is(|a| a.tenant.as_deref()) { of_tenant(world) } else { None };
    let (ids, before, after, whose) = match of_tenant {
        Some((ids, before, after)) => (ids, before, after, "the members of the tenant whose id its name holds".to_owned()),
        None => of_row(world, &alike.id)?,
    };
    Some(Meant { condition: alike.condition(&asked, &ids), before, after, whose })
}

/// The topic that is asked for.
fn asked(world: &World<'_>) -> String {
    let there = world.catalog.functions.iter().any(|f| f.name.schema == "realtime" && f.name.name == "topic");
    if there { "realtime.topic()".to_owned() } else { "pg_catalog.current_setting('realtime.topic', true)".to_owned() }
}

fn of_tenant(world: &World<'_>) -> Option<(Ids, Vec<String>, Vec<String>)> {
    let by_membership = world.report.intent.relations.iter().find_map(|r| match r.scope {
        Scope::Tenant { membership: Some(at), .. } => world.report.intent.memberships.get(at),
        _ => None,
    });
    if let Some(membership) = by_membership {
        let (function, before, after) = rows::helper(world, membership, &[])?;
        return Some((Ids::Each("mine.id".to_owned(), format!("{function}() as mine (id)")), before, after));
    }
    Some((Ids::One(world.people.tenant()?.to_owned()), Vec::new(), Vec::new()))
}

/// The id is the key of a row: whoever may see that row.
fn of_row(world: &World<'_>, id: &str) -> Option<(Ids, Vec<String>, Vec<String>, String)> {
    let table = world.catalog.tables.iter().find(|table| {
        let into = format!("insert into {} ", table.name.sql());
        let key = table.primary_key().filter(|k| k.columns.len() == 1).and_then(|k| k.columns.first());
        key.is_some_and(|key| world.report.setup.iter().any(|s| s.starts_with(&into) && keyed(s, key, id)))
            && world.report.intent.of(&table.name).is_some_and(|i| !matches!(i.scope, Scope::Unknown | Scope::Internal))
    })?;
    let key = table.primary_key()?.columns.first()?;
    let meant = rows::of_alias(world, &table.name, "own")?;
    let ids = Ids::Each(format!("own.{}", quote_ident(key)), format!("{} own where {}", table.name.sql(), meant.condition));
    Some((ids, meant.before, meant.after, format!("who may see the row of {} whose id its name holds", table.name)))
}

/// Whether the statement makes a row with that key.
fn keyed(insert: &str, key: &str, id: &str) -> bool {
    let Some((head, values)) = insert.split_once(") values (") else { return false };
    let Some((_, columns)) = head.split_once(" (") else { return false };
    let Some(at) = columns.split(", ").position(|c| c == quote_ident(key)) else { return false };
    let value = values.split(", ").nth(at).unwrap_or_default();
    value.split("::").next().unwrap_or_default().trim_end_matches(')').trim_matches('\'') == id
}
