//! Private topics of realtime: who may listen to and send on a topic that the policies let the victim into.

use super::super::AttackError;
use super::super::arena::Move;
use super::super::book::{Way, cell};
use super::super::case::Case;
use super::super::meaning::Meant;
use super::trial::{Sign, Trial};
use super::{Desk, severity};
use architrave_model::access::attack::Fault;
use architrave_model::access::{Actor, ActorKind, CellVerdict, Command, Target, Transcript};
use architrave_model::catalog::{PolicyCommand, Table};
use architrave_model::name::quote_literal;

/// At most so many names of topics are made up.
const TOPICS: usize = 60;
/// Setting that tells policies which topic is asked for.
const SETTING: &str = "realtime.topic";

/// Cells of topics, when there are policies on messages.
pub(super) async fn fill(desk: &mut Desk<'_, '_>) -> Result<(), AttackError> {
    let Some(table) = desk.case.catalog.table("realtime", "messages").filter(|t| !t.policies.is_empty()) else { return Ok(()) };
    for (command, policies) in [(Command::Select, PolicyCommand::Select), (Command::Insert, PolicyCommand::Insert)] {
        let spoken = table.policies.iter().any(|p| p.command == PolicyCommand::All || p.command == policies);
        if spoken {
            desk.topics(table, command).await?;
            continue;
        }
        let target = Target::Topic { pattern: "any".to_owned() };
        for actor in desk.case.actors().filter(|a| a.kind != ActorKind::Service) {
            let why = format!("no policy for {} on realtime.messages", command.sql());
            desk.book.plain(&target, command, actor.kind, CellVerdict::Denied, why);
        }
    }
    Ok(())
}

impl Desk<'_, '_> {
    async fn topics(&mut self, table: &Table, command: Command) -> Result<(), AttackError> {
        let Some(owner) = self.case.actors().find(|a| a.kind == ActorKind::Owner) else { return Ok(()) };
        let mut found = Vec::new();
        for topic in names(self.case, table) {
            if self.arena.out_of_time().is_some() {
                break;
            }
            let trial = self.topic_trial(&topic, owner, command);
            let went = trial.play(self.arena).await?;
            let alone = !found.iter().any(|(pattern, _)| *pattern == pattern_of(self.case, &topic));
            if trial.reached(&went) && alone {
                found.push((pattern_of(self.case, &topic), topic));
            }
        }
        if found.is_empty() {
            let late = self.arena.out_of_time();
            let target = Target::Topic { pattern: "any".to_owned() };
            for actor in self.case.actors() {
                let why = late.as_deref().unwrap_or("no name of a topic was found that the policies let the victim into");
                self.book.plain(&target, command, actor.kind, CellVerdict::NotDecided, why);
            }
        }
        for (pattern, topic) in found {
            for actor in self.case.actors() {
                self.topic(table, &Target::Topic { pattern: pattern.clone() }, &topic, actor, command).await?;
            }
        }
        Ok(())
    }

    async fn topic(&mut self, table: &Table, target: &Target, topic: &str, actor: &Actor, command: Command) -> Result<(), AttackError> {
        if let Some(why) = self.not_tried(actor) {
            self.book.plain(target, command, actor.kind, CellVerdict::NotDecided, why);
            return Ok(());
        }
        let trial = self.topic_trial(topic, actor, command);
        let went = trial.play(self.arena).await?;
        if !trial.reached(&went) {
            return self.denied_on(target, actor, command, (&[trial], &[]), "the policies do not let him into the topic").await;
        }
        let shared = matches!(actor.kind, ActorKind::Owner | ActorKind::Service | ActorKind::Member);
        let personal = matches!(target, Target::Topic { pattern } if pattern.contains('<'));
        let verdict = if shared {
            CellVerdict::Allowed
        } else if personal {
            CellVerdict::Leak
        } else {
            CellVerdict::Open
        };
        let title = format!("{} {}", actor.kind.word(), trial.what);
        let of = Transcript { title: title.clone(), steps: went.steps(), topic: Some(topic.to_owned()) };
        let transcript = self.book.transcript_of(of);
        let mut cell = cell(target, command, actor.kind, verdict, format!("he {}", trial.what));
        cell.evidence = Some(transcript);
        if !shared {
            let kind = if command == Command::Select { PolicyCommand::Select } else { PolicyCommand::Insert };
            let bound = self.case.catalog.table_named(&table.name).map(|t| self.case.policies(t, &actor.role, kind)).unwrap_or_default();
            let names: Vec<&str> = bound.iter().filter(|p| p.permissive).map(|p| p.name.as_str()).collect();
            let location = names.first().and_then(|n| self.case.place_of_policy(&table.name, n));
            let word = if names.len() == 1 { "policy" } else { "policies" };
            cell.at_fault =
                Some(Fault { what: format!("{word} {} on {}", names.join(", "), table.name), operand: String::new(), location });
        }
        let way = (verdict == CellVerdict::Leak).then(|| Way::plain(title, 1, severity(actor.kind, command), transcript));
        self.book.put(cell, way);
        Ok(())
    }

    fn topic_trial(&self, topic: &str, actor: &Actor, command: Command) -> Trial {
        let name = quote_literal(topic);
        let columns = "(topic, extension, payload, private)";
        let values = format!("({name}, 'broadcast', '{{}}', true)");
        let set = Move::by(actor.kind, format!("select pg_catalog.set_config('{SETTING}', {name}, true)"));
        let message = Move::look(format!("insert into realtime.messages {columns} values {values}"));
        let (moves, verb) = match command {
            Command::Select => {
                let read = Move::by(actor.kind, format!("select topic from realtime.messages where topic = {name}"));
                (vec![message, set, read], "listens to")
            }
            _ => (vec![set, Move::by(actor.kind, format!("insert into realtime.messages {columns} values {values}"))], "sends on"),
        };
        let mut moves = moves;
        if !self.case.catalog.tables.iter().any(|t| t.parents.iter().any(|p| p.schema == "realtime" && p.name == "messages")) {
            moves.insert(0, Move::look("create table realtime.messages_of_any_day partition of realtime.messages default"));
        }
        let act = moves.len() - 1;
        Trial {
            act,
            ..Trial::new(
                moves,
                Sign::Count(act),
                Meant::Unknown,
                format!("{verb} the topic {topic} of the victim"),
                severity(actor.kind, command),
            )
        }
    }
}

/// Names of topics that the policies may ask for: their literals, alone and with the victim's ids behind or before them.
fn names(case: &Case<'_>, table: &Table) -> Vec<String> {
    let mut literals: Vec<String> = vec![String::new()];
    for text in table.policies.iter().flat_map(|p| p.using.iter().chain(&p.with_check)) {
        literals.extend(text.split('\'').skip(1).step_by(2).filter(|l| !l.is_empty()).map(str::to_owned));
    }
    literals.dedup();
    let mut names = Vec::new();
    for literal in &literals {
        let bare = literal.trim_end_matches('%').trim_end_matches('*');
        for id in ids(case) {
            let all = [format!("{bare}{id}"), format!("{bare}:{id}"), format!("{id}{bare}"), format!("{bare}{id}:messages")];
            names.extend(all.into_iter().filter(|n| !n.starts_with(':') && !n.contains("::")));
        }
        if !bare.is_empty() {
            names.push(bare.to_owned());
        }
    }
    names.push("private".to_owned());
    let mut unique = Vec::new();
    for name in names {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    unique.truncate(TOPICS);
    unique
}

/// Ids of the victim and of his tenant, and keys of his rows.
fn ids(case: &Case<'_>) -> Vec<String> {
    let owner = case.scene.actors.iter().find(|a| a.kind == ActorKind::Owner);
    let mut ids: Vec<String> = owner.into_iter().flat_map(|a| [a.tenant.clone(), a.id.clone()]).flatten().collect();
    for ground in &case.grounds {
        for known in ground.rows.iter().filter(|k| k.row.of == ActorKind::Owner) {
            if let [(_, value)] = known.row.key.as_slice() {
                ids.push(value.split("::").next().unwrap_or(value).trim_matches('\'').to_owned());
            }
        }
    }
    let mut unique = Vec::new();
    for id in ids {
        if id.len() > 6 && !unique.contains(&id) {
            unique.push(id);
        }
    }
    unique.truncate(8);
    unique
}

/// The name with ids as `<id>`.
fn pattern_of(case: &Case<'_>, topic: &str) -> String {
    ids(case).into_iter().fold(topic.to_owned(), |name, id| name.replace(&id, "<id>"))
}
