//! `rls/foreign-key-across-tenants`: see `foreign_key_across_tenants.md` for the rule's page.

use crate::figures::list;
use crate::policies::reach::{bound_roles, by_exposure, covers, guarded_with_names, is_for, privileges, who};
use crate::policies::reading::Names;
use crate::policies::{deciding_columns, reading_needs};
use crate::statements::columns_sql;
use architrave_model::catalog::{Constraint, ForeignKeyAction, PolicyCommand, Reference, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "rls/foreign-key-across-tenants",
    summary: "foreign key that does not hold the tenant: a row can point to another tenant's",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("foreign_key_across_tenants.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some((tables, names)) = guarded_with_names(catalog, context) else { return };
    let deciding: BTreeMap<&QualifiedName, BTreeSet<String>> = tables.iter().map(|t| (&t.name, deciding_columns(&names, t))).collect();
    for table in &tables {
        let Some(own) = deciding.get(&table.name) else { continue };
        for (key, reference) in table.foreign_keys().filter(|(k, _)| k.enforced && !k.inherited) {
            let Some(parent) = catalog.table_named(&reference.table).filter(|p| p.name != table.name) else { continue };
            let Some(theirs) = deciding.get(&parent.name) else { continue };
            let shared = own.intersection(theirs).find(|c| separates(table, parent, key, reference, c));
            let Some(tenant) = shared else { continue };
            let roles = writers(catalog, context, table, key);
            if !roles.is_empty() && !looks_at(&names, table, &parent.name) {
                sink.report(draft(context, table, (key, reference), tenant, &roles));
            }
        }
    }
}

/// Whether the column says whose both rows are and no key to that parent holds it.
fn separates(table: &Table, parent: &Table, key: &Constraint, reference: &Reference, column: &str) -> bool {
    let same_type = match (table.column(column), parent.column(column)) {
        (Some(own), Some(theirs)) => own.base_type() == theirs.base_type(),
        _ => false,
    };
    let held = table.foreign_keys().any(|(k, r)| r.table == parent.name && k.columns.iter().any(|c| c == column));
    let part = key.columns.iter().any(|c| c == column) || reference.columns.iter().any(|c| c == column);
    same_type && !held && !part && reading_needs(parent, column)
}

/// Roles that may set the referencing column of a row.
fn writers<'a>(catalog: &'a Catalog, context: &Context<'a>, table: &Table, key: &Constraint) -> Vec<&'a str> {
    let mut roles = bound_roles(catalog, context, table);
    let on_column = |role: &str, privilege: &str| {
        let columns = key.columns.iter().filter_map(|c| table.column(c)).flat_map(|c| &c.grants);
        table.grants.iter().chain(columns).any(|g| (g.is_public() || g.grantee == role) && g.has(privilege))
    };
    roles.retain(|role| {
        let lets = |command| table.policies.iter().any(|p| p.permissive && covers(p, command) && is_for(p, role));
        let held = privileges(table, role);
        (held.contains(&"insert") && on_column(role, "INSERT") && lets(PolicyCommand::Insert))
            || (held.contains(&"update") && on_column(role, "UPDATE") && lets(PolicyCommand::Update))
    });
    roles
}

/// Whether a policy for writing, or a trigger, may look at the parent.
fn looks_at(names: &Names<'_>, table: &Table, parent: &QualifiedName) -> bool {
    let writes = table.policies.iter().filter(|p| !matches!(p.command, PolicyCommand::Select | PolicyCommand::Delete));
    let checks = writes.filter_map(|p| p.with_check.as_ref().or(p.using.as_ref()));
    let mut readings = checks.map(|text| names.read(table, text));
    readings.any(|r| r.reads().any(|name| name == parent)) || table.triggers.iter().any(|t| t.row && !t.inherited)
}

fn draft(context: &Context<'_>, table: &Table, (key, reference): (&Constraint, &Reference), tenant: &str, roles: &[&str]) -> Draft {
    let cascade = reference.on_delete == ForeignKeyAction::Cascade;
    let columns = list(&key.columns);
    let message = format!("{columns} of {} may point to a row of {} with another {tenant}", table.name, reference.table);
    let deleted = if cascade { " With ON DELETE CASCADE the other tenant also deletes the row together with his own, unseen." } else { "" };
    let with = |columns: &[String]| columns_sql(&std::iter::once(tenant.to_owned()).chain(columns.iter().cloned()).collect::<Vec<_>>());
    let why = format!(
        "Policies do not apply to the check of a foreign key: {} can link rows to a parent that they cannot see, and learn by the error whether it exists.{deleted} Let the key hold {tenant} as well: unique ({}) on {}, and foreign key ({}) \
         references {} ({}).",
        who(roles),
        with(&reference.columns),
        reference.table,
        with(&key.columns),
        reference.table.sql(),
        with(&reference.columns)
    );
    let severity = by_exposure(context, table, roles, RULE.severity).min(Severity::Medium);
    Draft::new(ObjectRef::in_table(ObjectKind::Constraint, &table.name, &key.name), message, why)
        .severity(severity)
        .evidence(format!("definition of {}", quote_ident(&key.name)), key.definition.clone(), "pg_constraint")
        .evidence("column by which both tables' policies tell whose a row is", tenant, "pg_policy")
}
