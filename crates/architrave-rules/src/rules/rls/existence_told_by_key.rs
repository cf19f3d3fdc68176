//! `rls/existence-told-by-key`: see `existence_told_by_key.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::policies::reach::{bound_roles, covers, guarded_with_names, is_exposed, is_for, privileges};
use crate::policies::{deciding_columns, reading_needs};
use architrave_model::catalog::{Index, PolicyCommand, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "rls/existence-told-by-key",
    summary: "unique key over all tenants: an insert tells whether somebody else has the value",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("existence_told_by_key.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some((tables, names)) = guarded_with_names(catalog, context) else { return };
    let mut by_schema: BTreeMap<&str, Vec<(&Table, &Index)>> = BTreeMap::new();
    for table in tables {
        let adds = |role: &&str| {
            let lets = table.policies.iter().any(|p| p.permissive && covers(p, PolicyCommand::Insert) && is_for(p, role));
            lets && privileges(table, role).contains(&"insert") && is_exposed(context, table, &[role])
        };
        if !bound_roles(catalog, context, table).iter().any(adds) {
            continue;
        }
        let deciding = deciding_columns(&names, table);
        if deciding.is_empty() || !deciding.iter().any(|c| reading_needs(table, c)) {
            continue;
        }
        for index in table.indexes.iter().filter(|i| i.unique && i.valid && tells(table, i, &deciding)) {
            by_schema.entry(&table.name.schema).or_default().push((table, index));
        }
    }
    for (schema, keys) in by_schema {
        sink.report(draft(schema, &keys));
    }
}

/// Whether the key holds what people choose (a name, an address, a number), and nothing by which rows are told apart by owner.
fn tells(table: &Table, index: &Index, deciding: &BTreeSet<String>) -> bool {
    let columns: Option<Vec<&str>> = index.keys.iter().map(|k| k.column.as_deref()).collect();
    let Some(columns) = columns else { return false };
    let chosen = |name: &&str| {
        table.column(name).is_some_and(|c| {
            let said = ["text", "character varying", "citext", "public.citext", "extensions.citext"].contains(&c.base_type().as_str());
            said && c.default.is_none() && c.generated.is_none()
        })
    };
    // A key with a part that nobody can guess tells nothing, and one with the owner only of his own rows.
    !columns.iter().any(|c| deciding.contains(*c)) && columns.iter().all(chosen)
}

fn draft(schema: &str, keys: &[(&Table, &Index)]) -> Draft {
    let names: Vec<String> = keys.iter().map(|(table, index)| format!("{} on {}", index.name, table.name.name)).collect();
    let message = format!(
        "{} of schema {schema} {} over the rows of all users: {}",
        counted(keys.len(), "unique key", "unique keys"),
        if keys.len() == 1 { "goes" } else { "go" },
        list_of(&names, 4)
    );
    let why = "Policies hide rows, but not from constraints: an INSERT of a value that somebody else has fails with 23505, of a free one it does not. Where the value is an address or a name that nobody should be able to look up, let the key begin \
               with the tenant's or owner's column; where it must be unique for all (a handle, a domain), the answer is part of the product.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence("such keys", keys.len(), "pg_index");
    for (table, index) in keys {
        let columns: Vec<&str> = index.leading_columns().collect();
        draft = draft.place(ObjectRef::in_table(ObjectKind::Index, &table.name, &index.name), Some(columns.join(", ")));
    }
    draft
}
