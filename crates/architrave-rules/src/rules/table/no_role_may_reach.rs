//! `table/no-role-may-reach`: see `no_role_may_reach.md` for the rule's page.

use crate::figures::{counted, list, list_of};
use crate::outside::{Outside, grantees};
use architrave_model::catalog::{PolicyCommand, Table};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "table/no-role-may-reach",
    summary: "tables in a served schema that no role of the API has a privilege on",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("no_role_may_reach.md"),
    check: Check::Catalog(check),
};

const ALL: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(outside) = Outside::of(context) else { return };
    let reached = |t: &Table| {
        let by_column = t.columns.iter().any(|c| !outside.holders(&t.name.schema, &c.grants, &ALL).is_empty());
        by_column || !outside.holders(&t.name.schema, &t.grants, &ALL).is_empty()
    };
    let mut closed: BTreeMap<&str, Vec<&Table>> = BTreeMap::new();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for table in Scope::of(catalog, context).tables().filter(|t| outside.serves(&t.name.schema)) {
        if reached(table) {
            used.insert(&table.name.schema);
        } else {
            closed.entry(&table.name.schema).or_default().push(table);
        }
    }
    for (schema, tables) in closed {
        let (meant, kept): (Vec<&Table>, Vec<&Table>) = tables.into_iter().partition(|t| !wanted(&outside, t).is_empty());
        for table in meant {
            sink.report(refused(&outside, table));
        }
        // Where nothing is reached, the schema is not meant for the API at all.
        if !kept.is_empty() && used.contains(schema) {
            sink.report(kept_back(schema, &kept));
        }
    }
}

/// The outsiders that policies name, with the privileges that they would need.
fn wanted<'a>(outside: &Outside<'a>, table: &Table) -> BTreeMap<&'a str, BTreeSet<&'static str>> {
    let mut wanted: BTreeMap<&str, BTreeSet<&'static str>> = BTreeMap::new();
    for policy in table.policies.iter().filter(|p| p.permissive && table.rls_enabled) {
        let privileges: &[&str] = match policy.command {
            PolicyCommand::All => &ALL,
            PolicyCommand::Select => &["SELECT"],
            PolicyCommand::Insert => &["INSERT"],
            PolicyCommand::Update => &["UPDATE"],
            PolicyCommand::Delete => &["DELETE"],
        };
        for (role, _) in outside.roles().iter().filter(|(role, _)| policy.roles.iter().any(|r| r == role)) {
            wanted.entry(role).or_default().extend(privileges);
        }
    }
    wanted
}

/// Policies let somebody in, the missing privilege keeps him out.
fn refused(outside: &Outside<'_>, table: &Table) -> Draft {
    let wanted = wanted(outside, table);
    let roles: Vec<&str> = wanted.keys().copied().collect();
    let message = format!("{} has policies for {}, but no privilege for them", table.name, list(&roles));
    let why = "A policy only narrows what a privilege allows: every request on the table is refused (42501). On Supabase tables that are new since 30 October 2026 need their grants by name.";
    let sql = table.name.sql();
    let change = |verb: &str, to: &str| {
        let each = wanted.iter().map(|(role, privileges)| {
            let words: Vec<String> = ALL.iter().filter(|p| privileges.contains(*p)).map(|p| p.to_lowercase()).collect();
            format!("{verb} {} on {sql} {to} {}", words.join(", "), grantees(&[role]))
        });
        each.collect::<Vec<_>>()
    };
    Draft::new(ObjectRef::table(&table.name), message, why)
        .severity(Severity::Low)
        .evidence("policies", table.policies.len(), "pg_policy")
        .evidence("privileges of outsiders", "none", "pg_class.relacl")
        .fix(Fix {
            title: format!("grant on {} what its policies are about", table.name),
            up: change("grant", "to"),
            down: change("revoke", "from"),
            transactional: true,
            effect: Effect::default(),
            caution: Some("from then on the policies alone decide: try them first (`architrave rls prove`)".into()),
        })
}

fn kept_back(schema: &str, tables: &[&Table]) -> Draft {
    let names: Vec<String> = tables.iter().map(|t| t.name.to_string()).collect();
    let message =
        format!("no role of the API may reach {} of schema {schema}: {}", counted(tables.len(), "table", "tables"), list_of(&names, 3));
    let why = format!(
        "Schema {schema} is served, and other tables of it are reached. If these are for the back end only, a schema that is not served says so and keeps it so; if not, they need a grant, because new tables have none by themselves \
         (on Supabase since 30 October 2026)."
    );
    let mut draft =
        Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence("tables", tables.len(), "pg_class.relacl");
    for table in tables {
        draft = draft.place(ObjectRef::table(&table.name), None);
    }
    draft
}
