//! `clerk/user-id-not-unique`: see `user_id_not_unique.md` for the rule's page.

use super::{holds_people, is_clerk_user_id};
use crate::condition::mentions;
use crate::coverage::serves_equality;
use crate::relations::Indexed;
use crate::statements::{Names, lock, recreate_index};
use architrave_model::catalog::{Column, Index, Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/user-id-not-unique",
    summary: "table of people whose Clerk user id is not unique",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("user_id_not_unique.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut names = None;
    for table in Scope::of(catalog, context).tables().filter(|t| t.kind == TableKind::Ordinary) {
        for column in table.columns.iter().filter(|c| is_clerk_text(c) && !c.inherited) {
            let refers = table.foreign_keys().any(|(k, _)| k.columns.contains(&column.name));
            if refers || !holds_people(table) || is_unique(table, &column.name) {
                continue;
            }
            let names = names.get_or_insert_with(|| Names::of(catalog));
            sink.report(draft(catalog, table, column).fix(fix(names, table, column)));
        }
    }
}

fn is_clerk_text(column: &Column) -> bool {
    is_clerk_user_id(&column.name)
        && matches!(column.base_type().as_str(), "text" | "character varying" | "character")
        && !column.is_array()
}

/// Unique alone, within a tenant, or among the rows that count: any unique index that has the column.
fn is_unique(table: &Table, column: &str) -> bool {
    table.indexes.iter().any(|i| i.unique && i.valid && i.keys.iter().any(|k| k.column.as_deref() == Some(column)))
}

/// The plain index that a unique one makes needless.
fn plain_index<'a>(table: &'a Table, column: &str) -> Option<&'a Index> {
    let only = |i: &&Index| i.leading_columns().eq([column]) && i.keys.len() == 1;
    table.indexes.iter().filter(only).find(|i| i.is_complete() && i.method == "btree" && i.include.is_empty() && !i.is_needed_by_schema())
}

fn draft(catalog: &Catalog, table: &Table, column: &Column) -> Draft {
    let indexed = table.indexes.iter().any(|i| serves_equality(i, std::slice::from_ref(&column.name)));
    let name = format!("{}.{}", table.name, column.name);
    let message = if indexed { format!("{name} is indexed but not unique") } else { format!("{name} is neither unique nor indexed") };
    let policies =
        catalog.tables.iter().flat_map(|t| &t.policies).filter(|p| p.using.as_deref().is_some_and(|u| mentions(u, &column.name))).count();
    let functions = catalog.functions.iter().filter(|f| f.security_definer && mentions(&f.body, &column.name)).count();
    let decides = policies + functions > 0;
    let mut why = "Clerk delivers its webhooks at least once and in any order: without a unique constraint the second delivery makes a second row for the same person (ON CONFLICT has nothing to \
                   hold on to), and which of the two a query finds is chance."
        .to_owned();
    if decides {
        why.extend([format!(" {policies} policies and {functions} SECURITY DEFINER functions decide by it who may see what.")]);
    }
    if !indexed {
        why.push_str(" The row is looked up in every request, and every lookup reads the whole table.");
    }
    Draft::new(ObjectRef::column(&table.name, &column.name), message, why)
        .severity(if decides { Severity::High } else { RULE.severity })
        .evidence("policies that name it", policies, "pg_policy")
        .evidence("SECURITY DEFINER functions that name it", functions, "pg_proc")
        .evidence("indexed", indexed, "pg_index")
}

fn fix(names: &mut Names<'_>, table: &Table, column: &Column) -> Fix {
    let (sql, quoted) = (table.name.sql(), quote_ident(&column.name));
    let key = quote_ident(&names.free(&table.name.schema, &table.name.name, std::slice::from_ref(&column.name), "key"));
    let mut up = vec![
        format!("create unique index concurrently {key} on {sql} ({quoted})"),
        format!("alter table {sql} add constraint {key} unique using index {key}"),
    ];
    let mut down = vec![format!("alter table {sql} drop constraint {key}")];
    if let Some(plain) = plain_index(table, &column.name) {
        let of = Indexed { name: &table.name, indexes: &table.indexes, table: Some(table) };
        up.push(format!("drop index concurrently {}", QualifiedName::new(&table.name.schema, &plain.name).sql()));
        down.extend(recreate_index(&of, plain));
    }
    Fix {
        title: format!("make {}.{} unique", table.name, column.name),
        up,
        down,
        transactional: false,
        effect: Effect { locks: vec![lock(&table.name, "AccessExclusiveLock")], scans: vec![table.name.to_string()], ..Effect::default() },
        caution: Some(format!(
            "fails where an id is there twice: look first (select {quoted}, count(*) from {sql} group by 1 having count(*) > 1), and merge those rows; the exclusive lock of the second statement is brief"
        )),
    }
}
