//! `rls/write-granted-without-policy`: see `write_granted_without_policy.md` for the rule's page.

use crate::figures::{counted, list, list_of};
use crate::policies::reach::{bound_roles, covers, guarded, is_exposed, is_for, privileges};
use architrave_model::catalog::{PolicyCommand, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "rls/write-granted-without-policy",
    summary: "write privilege of a role that no policy lets use it, on tables it may read",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("write_granted_without_policy.md"),
    check: Check::Catalog(check),
};

const WRITES: [(PolicyCommand, &str); 3] =
    [(PolicyCommand::Insert, "insert"), (PolicyCommand::Update, "update"), (PolicyCommand::Delete, "delete")];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<(&Table, Vec<String>)>> = BTreeMap::new();
    for table in guarded(catalog, context).into_iter().filter(|t| context.exposure.schemas.contains(&t.name.schema)) {
        let lets = |role: &str, command| table.policies.iter().any(|p| p.permissive && covers(p, command) && is_for(p, role));
        let mut denied = Vec::new();
        for role in bound_roles(catalog, context, table) {
            if !is_exposed(context, table, &[role]) || !lets(role, PolicyCommand::Select) {
                continue;
            }
            let held = privileges(table, role);
            let without: Vec<&str> =
                WRITES.iter().filter(|(command, word)| held.contains(word) && !lets(role, *command)).map(|(_, word)| *word).collect();
            if !without.is_empty() {
                denied.push(format!("{} to {role}", list(&without)));
            }
        }
        if !denied.is_empty() {
            by_schema.entry(&table.name.schema).or_default().push((table, denied));
        }
    }
    for (schema, tables) in by_schema {
        sink.report(draft(schema, &tables));
    }
}

fn draft(schema: &str, tables: &[(&Table, Vec<String>)]) -> Draft {
    let named: Vec<String> = tables.iter().map(|(table, denied)| format!("{} ({})", table.name.name, list(denied))).collect();
    let message = format!(
        "{} of schema {schema} {} writes that no policy lets through: {}",
        counted(tables.len(), "table", "tables"),
        if tables.len() == 1 { "grants" } else { "grant" },
        list_of(&named, 3)
    );
    let why = "INSERT fails with 42501, UPDATE and DELETE change no row and raise no error. If the application needs the command, its policy is missing; if not, revoke the privilege: then the mistake answers with an error, and a \
               policy that is written too wide later opens nothing.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence(
        "tables with such a privilege",
        tables.len(),
        "pg_class.relacl and pg_policy",
    );
    for (table, denied) in tables {
        draft = draft.place(ObjectRef::table(&table.name), Some(list(denied)));
    }
    draft
}
