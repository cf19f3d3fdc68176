//! `type/upgrade-blocked`: see `upgrade_blocked.md` for the rule's page.

use super::with_change;
use crate::columns;
use crate::retype::{Retype, Surroundings};
use architrave_model::catalog::{Column, Table, TypeDef, TypeKind};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::quote_ident;
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "type/upgrade-blocked",
    summary: "column type that pg_upgrade refuses",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Operations,
    docs: include_str!("upgrade_blocked.md"),
    check: Check::Catalog(check),
};

/// Object ids of these change with the cluster, so a stored one would mean something else; regclass, regrole and regtype are kept.
const REFUSED: &[&str] =
    &["regcollation", "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator", "regproc", "regprocedure"];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut refused: BTreeSet<String> = REFUSED.iter().map(|t| (*t).to_owned()).collect();
    // Its form on disk changed with version 16.
    if context.server.major() < 16 {
        refused.insert("aclitem".to_owned());
    }
    // Types are made before what is made of them, but sorted by name: a chain of three is deeper than any that was seen.
    for _ in 0..3 {
        let made: Vec<String> = catalog.types.iter().filter(|t| holds(t, &refused)).map(|t| t.name.sql()).collect();
        refused.extend(made.iter().cloned());
        refused.extend(made.iter().filter_map(|n| n.strip_prefix("public.").map(str::to_owned)));
    }
    let found = columns::by_schema(Scope::of(catalog, context), &|_, c| refused.contains(c.base_type().as_str()));
    let around = if found.is_empty() { return } else { Surroundings::of(catalog) };
    for (schema, columns) in &found {
        let why = "An in-place upgrade stops at the first check of pg_upgrade as long as one table has such a column: the values are object ids, and the new cluster gives the same objects other ones. Every managed platform \
                   that upgrades in place uses pg_upgrade, so the day on which this shows is the day of the upgrade.";
        let draft = columns::draft(schema, columns, ("has a type that pg_upgrade refuses", "have types that pg_upgrade refuses"), why);
        let changes: Vec<Retype<'_>> = columns.iter().map(|(table, column)| retype(table, column)).collect();
        let title = format!("store names instead of object ids in schema {schema}");
        let caution = "the name is printed as the search path of the session shows it: set an empty one before, so that it is qualified; queries have to cast, config::regconfig; each table is rewritten \
                       under an exclusive lock";
        sink.report(with_change(&around, context, draft, &changes, (title, caution), &|c| blocked(&around, c)));
    }
}

fn holds(definition: &TypeDef, refused: &BTreeSet<String>) -> bool {
    match &definition.kind {
        TypeKind::Domain { base, .. } => refused.contains(base.trim_end_matches("[]")),
        TypeKind::Composite { attributes } => attributes.iter().any(|a| refused.contains(a.data_type.trim_end_matches("[]"))),
        _ => false,
    }
}

fn retype<'a>(table: &'a Table, column: &'a Column) -> Retype<'a> {
    let name = quote_ident(&column.name);
    Retype {
        table,
        column,
        to: "text".into(),
        using: Some(format!("{name}::text")),
        back_using: Some(format!("{name}::{}", column.data_type)),
        default: None,
        checks: Vec::new(),
    }
}

fn blocked(around: &Surroundings<'_>, change: &Retype<'_>) -> Vec<String> {
    let (table, column) = (change.table, change.column);
    let mut found = super::blocked(around, change);
    if !REFUSED.contains(&column.data_type.as_str()) {
        found.push(format!("the type of {}.{}", table.name, column.name));
    }
    found
}
