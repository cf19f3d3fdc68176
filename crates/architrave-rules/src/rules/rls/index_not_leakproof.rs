//! `rls/index-not-leakproof`: see `index_not_leakproof.md` for the rule's page.

use crate::condition::parse;
use crate::figures::{by_size, count};
use crate::policies::reach::{bound_roles, covers, guarded, is_for, privileges, who};
use architrave_model::catalog::{Index, PolicyCommand, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/index-not-leakproof",
    summary: "index whose operators row level security keeps from being used",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("index_not_leakproof.md"),
    check: Check::Catalog(check),
};

/// Fewer rows are read in no time without the index.
const FEW: f64 = 1000.0;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    for table in guarded(catalog, context).into_iter().filter(|t| scope.reviews(t)) {
        if context.rows(&table.name).is_some_and(|rows| rows < FEW) {
            continue;
        }
        let mut filtered = bound_roles(catalog, context, table);
        filtered.retain(|role| privileges(table, role).contains(&"select") && reads_through_a_filter(table, role));
        if filtered.is_empty() {
            continue;
        }
        for (index, operators) in
            table.indexes.iter().filter(|i| i.valid && !i.exclusion && i.parent.is_none()).filter_map(|i| Some((i, leaky(i)?)))
        {
            sink.report(draft(context, table, index, operators, &filtered));
        }
    }
}

/// Whether a condition is put before what the role's queries ask: none is where a policy is always true, or where nothing may be read.
fn reads_through_a_filter(table: &Table, role: &str) -> bool {
    let mut applies = table.policies.iter().filter(|p| covers(p, PolicyCommand::Select) && is_for(p, role)).peekable();
    let always = |using: Option<&String>| using.is_some_and(|u| parse(u).always_true(&|_| false, false));
    let some_permissive = table.policies.iter().any(|p| p.permissive && covers(p, PolicyCommand::Select) && is_for(p, role));
    let open =
        table.policies.iter().any(|p| p.permissive && covers(p, PolicyCommand::Select) && is_for(p, role) && always(p.using.as_ref()));
    let narrowed = applies.any(|p| !p.permissive && !always(p.using.as_ref()));
    some_permissive && (!open || narrowed)
}

/// What the index is for, when no operator of it is leakproof.
fn leaky(index: &Index) -> Option<&'static str> {
    let class = |part: &str| index.keys.iter().any(|k| k.operator_class.as_deref().is_some_and(|c| c.contains(part)));
    match index.method.as_str() {
        "gin" | "gist" if class("trgm") => Some("LIKE, ILIKE and similarity"),
        "gin" => Some("containment and full-text search"),
        "gist" | "spgist" => Some("overlap, containment and distance"),
        "btree" if class("pattern_ops") => Some("LIKE"),
        _ => None,
    }
}

fn draft(context: &Context<'_>, table: &Table, index: &Index, operators: &str, roles: &[&str]) -> Draft {
    let rows = context.rows(&table.name);
    let severity = by_size(rows, RULE.severity, &[(1e6, Severity::High), (10_000.0, Severity::Medium)], Severity::Info);
    let message = format!("{} on {} cannot be used by {} for {operators}: policies come first", index.name, table.name, who(roles));
    let size = rows.map_or_else(|| "all rows that the policies look at".to_owned(), |n| format!("up to all {} rows", count(n)));
    let why = format!(
        "A condition of the query is computed before those of the policies only if its function is LEAKPROOF, and none of these operators is: for roles that policies bind they become a filter over {size}. Roles with BYPASSRLS and the owner \
         still use the index. Let such searches go through a SECURITY DEFINER function that asks for the tenant itself, or narrow the rows first by an indexed column that the policy compares."
    );
    let keys: Vec<&str> = index.keys.iter().filter_map(|k| k.column.as_deref().or(k.expression.as_deref())).collect();
    let draft = Draft::new(ObjectRef::in_table(ObjectKind::Index, &table.name, &index.name), message, why)
        .severity(severity)
        .evidence(format!("{} index on", index.method), keys.join(", "), "pg_index")
        .evidence("leakproof operators of it for this", 0_i64, "pg_proc.proleakproof");
    match rows {
        Some(rows) => draft.evidence(format!("rows in {}", table.name), rows, "pg_class.reltuples"),
        None => draft,
    }
}
