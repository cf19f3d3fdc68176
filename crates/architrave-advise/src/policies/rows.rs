//! Which rows are meant, as a condition on the table's columns: one that an index on them can answer.

use super::World;
use architrave_model::QualifiedName;
use architrave_model::access::{Membership, Scope};
use architrave_model::name::{quote_ident, quote_literal};

/// The schema that helpers lie in; no API serves it.
const PRIVATE: &str = "private";
/// Foreign keys followed.
const DEEPEST: usize = 3;

/// A condition, and what it needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rows {
    pub(super) condition: String,
    /// Statements that make its helpers.
    pub(super) before: Vec<String>,
    /// Statements that take them away.
    pub(super) after: Vec<String>,
    /// The column to index.
    pub(super) column: Option<String>,
}

/// The rows that a person may read (or, with `write`, change) in a relation.
pub(super) fn meant(world: &World<'_>, relation: &QualifiedName, write: bool) -> Option<Rows> {
    let alias = quote_ident(&relation.name);
    at(world, relation, &alias, write, 0)
}

/// The same for reading, with another name for the relation.
pub(super) fn of_alias(world: &World<'_>, relation: &QualifiedName, alias: &str) -> Option<Rows> {
    at(world, relation, alias, false, 0)
}

fn at(world: &World<'_>, relation: &QualifiedName, alias: &str, write: bool, depth: usize) -> Option<Rows> {
    let intent = world.report.intent.of(relation)?;
    let id = || world.people.id.clone();
    let column = |name: &str| format!("{alias}.{}", quote_ident(name));
    match &intent.scope {
        Scope::Owner { column: name } => {
            Some(Rows { condition: format!("{} = {}", column(name), id()?), column: Some(name.clone()), ..Rows::default() })
        }
        Scope::Tenant { column: name, membership: None } => {
            let tenant = world.people.tenant()?;
            Some(Rows { condition: format!("{} = {tenant}", column(name)), column: Some(name.clone()), ..Rows::default() })
        }
        Scope::Tenant { column: name, membership: Some(at) } => {
            let membership = world.report.intent.memberships.get(*at)?;
            let own = &membership.table == relation;
            let mut writers: Vec<String> = match (&membership.role, write) {
                // Who belongs to a tenant is decided by the mightiest of its members.
                (Some(_), true) if own && intent.writers.is_empty() => membership.roles.iter().take(1).cloned().collect(),
                (Some(_), true) => intent.writers.clone(),
                _ => Vec::new(),
            };
            writers.sort();
            writers.dedup();
            let (function, before, after) = helper(world, membership, &writers)?;
            let condition = format!("{} = any (array(select {function}()))", column(name));
            Some(Rows { condition, before, after, column: Some(name.clone()) })
        }
        Scope::Through { columns, parent } if depth < DEEPEST => {
            let [own] = columns.as_slice() else { return None };
            let key = referenced(world, relation, columns, parent)?;
            let inner = format!("p{depth}");
            let above = at(world, parent, &inner, write, depth + 1)?;
            let condition = format!(
                "exists (select 1 from {} {inner} where {inner}.{} = {} and {})",
                parent.sql(),
                quote_ident(&key),
                column(own),
                above.condition
            );
            Some(Rows { condition, column: Some(own.clone()), ..above })
        }
        _ => None,
    }
}

/// The column of the parent that a foreign key of one column names.
fn referenced(world: &World<'_>, relation: &QualifiedName, columns: &[String], parent: &QualifiedName) -> Option<String> {
    let table = world.catalog.table_named(relation)?;
    let by_key =
        table.foreign_keys().find(|(c, r)| c.columns == columns && &r.table == parent).and_then(|(_, r)| r.columns.first().cloned());
    by_key.or_else(|| world.catalog.table_named(parent)?.primary_key()?.columns.first().cloned())
}

/// The function that tells the tenants of whoever asks: it reads the memberships without their policies, so that these may use it, too.
pub(super) fn helper(world: &World<'_>, membership: &Membership, writers: &[String]) -> Option<(String, Vec<String>, Vec<String>)> {
    let id = world.people.id.as_ref()?;
    let table = world.catalog.table_named(&membership.table)?;
    let kind = &table.column(&membership.tenant)?.data_type;
    let what = membership.tenants.as_ref().map_or(membership.tenant.as_str(), |t| t.name.as_str());
    let mut name = format!("my_{}", plain(what));
    let mut only = String::new();
    if let (Some(role), false) = (&membership.role, writers.is_empty()) {
        let list: Vec<String> = writers.iter().map(|w| quote_literal(w)).collect();
        only = format!(" and m.{}::text in ({})", quote_ident(role), list.join(", "));
        name = format!("{name}_as_{}", writers.iter().map(|w| plain(w)).collect::<Vec<_>>().join("_or_"));
    }
    name.truncate(60);
    let setof = format!("SETOF {kind}");
    if let Some(there) = own_helper(world, membership, writers, &setof) {
        return Some((there, Vec::new(), Vec::new()));
    }
    while world.catalog.functions.iter().any(|f| f.name.schema == PRIVATE && f.name.name == name) {
        name.push_str("_too");
    }
    let function = format!("{PRIVATE}.{}", quote_ident(&name));
    let people = world.people.to_signed_in();
    let body = format!(
        "select m.{} from {} m where m.{} = {id}{only}",
        quote_ident(&membership.tenant),
        membership.table.sql(),
        quote_ident(&membership.user)
    );
    let mut before = Vec::new();
    let mut after = vec![format!("drop function if exists {function}()")];
    if !world.catalog.schemas.iter().any(|s| s.name == PRIVATE) {
        before.push(format!("create schema if not exists {PRIVATE}"));
        after.push(format!("drop schema if exists {PRIVATE}"));
    }
    before.extend([
        format!("grant usage on schema {PRIVATE} to {people}"),
        format!("create or replace function {function}() returns setof {kind} language sql stable security definer set search_path = '' as $$ {body} $$"),
        format!("revoke execute on function {function}() from public"),
        format!("grant execute on function {function}() to {people}"),
    ]);
    Some((function, before, after))
}

/// A function of the project's own that tells the same, as far as its text shows; the attack shows the rest.
fn own_helper(world: &World<'_>, membership: &Membership, writers: &[String], setof: &str) -> Option<String> {
    let says_roles = |body: &str| membership.roles.iter().all(|r| body.contains(&quote_literal(r)) == writers.contains(r));
    let tells = |body: &str| {
        let role = membership.role.as_ref().is_some_and(|r| body.contains(r.as_str()));
        body.contains(&membership.table.name)
            && body.contains(&membership.user)
            && (if writers.is_empty() { !role } else { says_roles(body) })
    };
    let found = world.catalog.functions.iter().find(|f| {
        f.security_definer
            && f.identity_arguments.is_empty()
            && f.result.as_deref() == Some(setof)
            && f.volatility != architrave_model::catalog::Volatility::Volatile
            && f.setting("search_path").is_some()
            && tells(&f.body)
    });
    found.map(|f| f.name.sql())
}

/// Letters, digits and underscores.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}
