//! `relation/half-null-unchecked`: see `half_null_unchecked.md` for the rule's page.

use crate::condition::mentions;
use crate::figures::list;
use crate::statements::{Names, columns_sql, lock};
use architrave_model::catalog::{Constraint, ConstraintKind, MatchType, Reference, Table};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "relation/half-null-unchecked",
    summary: "foreign key over several columns that is not checked once one of them is null",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("half_null_unchecked.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut names = None;
    for table in Scope::of(catalog, context).tables() {
        let simple = |r: &Reference| r.match_type == MatchType::Simple;
        for (key, reference) in table.foreign_keys().filter(|(k, r)| k.columns.len() > 1 && k.enforced && !k.inherited && simple(r)) {
            let nullable = nullable(table, key);
            // One nullable column beside NOT NULL ones (a tenant) is an optional reference: null means none.
            if nullable.len() < 2
                || is_checked(table, &nullable)
                || key.definition.contains("SET NULL (")
                || key.definition.contains("SET DEFAULT (")
            {
                continue;
            }
            let names = names.get_or_insert_with(|| Names::of(catalog));
            sink.report(draft(context, table, (key, reference), &nullable).fix(fix(names, table, &nullable)));
        }
    }
}

fn nullable(table: &Table, key: &Constraint) -> Vec<String> {
    key.columns.iter().filter(|c| table.column(c).is_some_and(|c| !c.not_null)).cloned().collect()
}

/// A check speaks of all of them.
fn is_checked(table: &Table, nullable: &[String]) -> bool {
    let mut checks = table.constraints.iter().filter(|c| c.kind == ConstraintKind::Check).filter_map(|c| c.expression.as_deref());
    checks.any(|text| nullable.iter().all(|c| mentions(text, c)))
}

fn draft(context: &Context<'_>, table: &Table, (key, reference): (&Constraint, &Reference), nullable: &[String]) -> Draft {
    let message = format!("{} on {} is not checked where one of {} is null and the other is not", key.name, table.name, list(nullable));
    let why = format!(
        "MATCH SIMPLE, the default, lets a row pass as soon as one column of the key is null, whatever stands in the others: a reference of which half is missing points nowhere in {} and is never looked up. A check that all are set \
         or none closes the gap.",
        reference.table
    );
    let mut draft = Draft::new(ObjectRef::in_table(ObjectKind::Constraint, &table.name, &key.name), message, why)
        .evidence("definition", key.definition.as_str(), "pg_constraint")
        .evidence("columns that may be null", list(nullable), "pg_attribute");
    for column in nullable {
        if let Some(share) = context.stats.and_then(|s| s.column(&table.name, column)).map(|c| c.null_fraction) {
            draft = draft.evidence(format!("null fraction of {column}"), share, "pg_stats.null_frac");
        }
    }
    draft
}

fn fix(names: &mut Names<'_>, table: &Table, nullable: &[String]) -> Fix {
    let (sql, name) = (table.name.sql(), quote_ident(&names.free(&table.name.schema, &table.name.name, nullable, "check")));
    let columns = columns_sql(nullable);
    Fix {
        title: format!("demand that {} are all set or all null", list(nullable)),
        up: vec![
            format!("alter table {sql} add constraint {name} check (num_nonnulls({columns}) in (0, {})) not valid", nullable.len()),
            format!("alter table {sql} validate constraint {name}"),
        ],
        down: vec![format!("alter table {sql} drop constraint {name}")],
        transactional: true,
        effect: Effect { locks: vec![lock(&table.name, "AccessExclusiveLock")], scans: vec![table.name.to_string()], ..Effect::default() },
        caution: Some(format!(
            "run each statement in a transaction of its own, so that the scan of VALIDATE blocks nobody; it fails where half a reference is stored already (select count(*) from {sql} where num_nonnulls({columns}) not in (0, {}))",
            nullable.len()
        )),
    }
}
