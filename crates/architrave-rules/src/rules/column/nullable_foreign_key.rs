//! `column/nullable-foreign-key`: see `nullable_foreign_key.md` for the rule's page.

use crate::condition::mentions;
use crate::figures::count;
use crate::statements::{Names, lock};
use architrave_model::catalog::{Column, ConstraintKind, ForeignKeyAction, Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "column/nullable-foreign-key",
    summary: "foreign key column that may be null and never is",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("nullable_foreign_key.md"),
    check: Check::Stats(check),
};

/// Fewer rows prove nothing about the next one.
const FEWEST_ROWS: f64 = 1000.0;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut names = None;
    for table in Scope::of(catalog, context).tables().filter(|t| t.kind == TableKind::Ordinary) {
        let Some(rows) = context.rows(&table.name).filter(|n| *n >= FEWEST_ROWS) else { continue };
        let mut seen: Vec<&str> = Vec::new();
        for (key, reference) in table.foreign_keys().filter(|(k, _)| k.enforced) {
            let nulls_meant = matches!(reference.on_delete, ForeignKeyAction::SetNull | ForeignKeyAction::SetDefault);
            if nulls_meant || reference.table == table.name {
                continue;
            }
            for column in key.columns.iter().filter_map(|c| table.column(c)).filter(|c| may_be_null_by_accident(table, c)) {
                let measured = stats.column(&table.name, &column.name);
                if measured.is_none_or(|s| s.null_fraction > 0.0) || seen.contains(&column.name.as_str()) {
                    continue;
                }
                seen.push(&column.name);
                let names = names.get_or_insert_with(|| Names::of(catalog));
                sink.report(draft(table, column, &reference.table, rows).fix(fix(names, table, column)));
            }
        }
    }
}

/// Nullable, not inherited, and no check of the table says when it is null.
fn may_be_null_by_accident(table: &Table, column: &Column) -> bool {
    let checked = table.constraints.iter().filter(|c| c.kind == ConstraintKind::Check && c.validated);
    let mut texts = checked.filter_map(|c| c.expression.as_deref());
    !column.not_null && !column.inherited && !texts.any(|t| mentions(t, &column.name))
}

fn draft(table: &Table, column: &Column, parent: &QualifiedName, rows: f64) -> Draft {
    let message = format!("{}.{} may be null, and is set in all of {} rows", table.name, column.name, count(rows));
    let why = format!(
        "The sample that ANALYZE took of the {} rows of {} holds no row without {parent}. As long as the column may be null, every query has to reckon with it: inner joins \
         lose such rows, NOT IN returns nothing, and the first row without a parent gets in unnoticed.",
        count(rows),
        table.name
    );
    Draft::new(ObjectRef::column(&table.name, &column.name), message, why)
        .evidence(format!("null fraction of {}", column.name), 0.0, "pg_stats.null_frac")
        .evidence(format!("rows in {}", table.name), rows, "pg_class.reltuples")
}

/// In steps that never hold a strong lock for the length of a scan.
fn fix(names: &mut Names<'_>, table: &Table, column: &Column) -> Fix {
    let (sql, name) = (table.name.sql(), quote_ident(&column.name));
    let check = quote_ident(&names.free(&table.name.schema, &table.name.name, std::slice::from_ref(&column.name), "not_null"));
    Fix {
        title: format!("make {}.{} not null", table.name, column.name),
        up: vec![
            format!("alter table {sql} add constraint {check} check ({name} is not null) not valid"),
            format!("alter table {sql} validate constraint {check}"),
            format!("alter table {sql} alter column {name} set not null"),
            format!("alter table {sql} drop constraint {check}"),
        ],
        down: vec![format!("alter table {sql} alter column {name} drop not null")],
        transactional: true,
        effect: Effect {
            locks: vec![lock(&table.name, "AccessExclusiveLock")],
            scans: vec![table.name.to_string()],
            ..Effect::default()
        },
        caution: Some("run each statement in a transaction of its own, so that the scan of VALIDATE blocks nobody; make sure that no program means to leave it empty".into()),
    }
}
