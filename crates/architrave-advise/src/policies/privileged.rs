//! Columns that decide what their user may do, out of his own hands: by the privileges of columns, or by a trigger where these would be in the way.

use super::people::list;
use super::{Alternatives, World, untried, words};
use architrave_model::access::{ActorKind, RelationIntent};
use architrave_model::catalog::Table;
use architrave_model::name::{quote_ident, quote_literal};

/// For every table whose privileged columns an attacker wrote on his way.
pub(super) fn alternatives(world: &World<'_>) -> Vec<Alternatives> {
    let relations = world.report.intent.relations.iter().filter(|r| !r.privileged.is_empty());
    relations.filter_map(|intent| of(world, intent)).collect()
}

fn of(world: &World<'_>, intent: &RelationIntent) -> Option<Alternatives> {
    let table = world.catalog.table_named(&intent.relation)?;
    let attacks = written_in(world, table);
    let columns: Vec<&String> = intent.privileged.iter().filter(|c| table.column(c).is_some()).collect();
    if attacks.is_empty() || columns.is_empty() {
        return None;
    }
    let words_ = columns.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(", ");
    let mut all = Vec::new();
    for commands in [&["UPDATE", "INSERT"][..], &["UPDATE"][..]] {
        let (up, down) = by_columns(world, table, &columns, commands);
        if !up.is_empty() {
            all.push(untried(
                format!("take {words_} of {} out of its user's hands, by the privileges of columns", table.name),
                &attacks,
                up,
                down,
            ));
        }
    }
    all.push(by_trigger(world, table, &columns, &attacks));
    Some(all)
}

/// Attacks on whose way somebody from outside wrote that table.
fn written_in(world: &World<'_>, table: &Table) -> Vec<usize> {
    let names = [table.name.sql(), table.name.to_string(), table.name.name.clone()];
    let writes = |sql: &str| {
        let lower = sql.trim_start().to_lowercase();
        let rest = ["update ", "insert into ", "merge into "].iter().find_map(|w| lower.strip_prefix(w))?;
        let target = rest.split([' ', '(']).next()?;
        names.iter().any(|n| n.to_lowercase() == target).then_some(())
    };
    let on_its_way = |at: usize| {
        let attack = world.report.attacks.get(at)?;
        let steps = &world.report.transcripts.get(attack.transcript)?.steps;
        steps.iter().filter(|s| s.actor.is_some_and(|a| a != ActorKind::Service)).find_map(|s| writes(&s.sql))
    };
    (0..world.report.attacks.len()).filter(|at| on_its_way(*at).is_some()).collect()
}

fn by_columns(world: &World<'_>, table: &Table, privileged: &[&String], commands: &[&str]) -> (Vec<String>, Vec<String>) {
    let (mut up, mut down) = (Vec::new(), Vec::new());
    let name = table.name.sql();
    let rest: Vec<String> =
        table.columns.iter().filter(|c| c.generated.is_none() && !privileged.contains(&&c.name)).map(|c| quote_ident(&c.name)).collect();
    for privilege in commands {
        let holders = words::holders(&table.grants, &world.people.everybody(), privilege);
        if holders.is_empty() {
            continue;
        }
        let (word, roles, columns) = (privilege.to_lowercase(), list(&holders), rest.join(", "));
        up.push(format!("revoke {word} on {name} from {roles}"));
        if !columns.is_empty() {
            up.push(format!("grant {word} ({columns}) on {name} to {roles}"));
            down.push(format!("revoke {word} ({columns}) on {name} from {roles}"));
        }
        down.push(format!("grant {word} on {name} to {roles}"));
    }
    (up, down)
}

/// A trigger that refuses the change, for statements that name all columns.
fn by_trigger(world: &World<'_>, table: &Table, privileged: &[&String], attacks: &[usize]) -> architrave_model::access::Repair {
    let roles: Vec<String> = world.people.everybody().iter().map(|r| quote_literal(r)).collect();
    let function = |operation: &str| format!("private.{}()", quote_ident(&format!("guard_{}_{operation}", table.name.name)));
    let changed: Vec<String> = privileged.iter().map(|c| format!("new.{0} is distinct from old.{0}", quote_ident(c))).collect();
    let given: Vec<String> = privileged
        .iter()
        .map(|c| {
            let default = table.column(c).and_then(|c| c.default.clone()).unwrap_or_else(|| "null".to_owned());
            format!("new.{} is distinct from {default}", quote_ident(c))
        })
        .collect();
    let names = privileged.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(", ");
    // OLD is not there in an INSERT: each operation gets a trigger of its own.
    let guard = |operation: &str, conditions: &[String]| {
        format!(
            "create or replace function {} returns trigger language plpgsql set search_path = '' as $$ begin if current_user in ({}) and ({}) then \
             raise exception 'permission denied for {}' using errcode = 'insufficient_privilege'; end if; return new; end $$",
            function(operation),
            roles.join(", "),
            conditions.join(" or "),
            names.replace('\'', "''"),
        )
    };
    let trigger = |operation: &str| {
        format!(
            "create trigger {} before {operation} on {} for each row execute function {}",
            quote_ident(&format!("guard_{operation}")),
            table.name.sql(),
            function(operation)
        )
    };
    let mut up = Vec::new();
    if !world.catalog.schemas.iter().any(|s| s.name == "private") {
        up.push("create schema if not exists private".to_owned());
    }
    up.extend([guard("update", &changed), trigger("update"), guard("insert", &given), trigger("insert")]);
    let mut down: Vec<String> = ["update", "insert"]
        .iter()
        .map(|o| format!("drop trigger {} on {}", quote_ident(&format!("guard_{o}")), table.name.sql()))
        .collect();
    down.extend(["update", "insert"].iter().map(|o| format!("drop function if exists {}", function(o))));
    untried(format!("refuse changes of {names} of {} by its user, by a trigger", table.name), attacks, up, down)
}
