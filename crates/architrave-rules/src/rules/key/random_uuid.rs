//! `key/random-uuid`: see `random_uuid.md` for the rule's page.

use crate::figures::count;
use crate::statements::exclusive;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "key/random-uuid",
    summary: "random UUIDs as the primary key of a large table",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("random_uuid.md"),
    check: Check::Catalog(check),
};

/// Below this the whole index fits into any cache.
const LARGE: f64 = 1e7;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables() {
        let Some([name]) = table.primary_key().map(|k| k.columns.as_slice()) else { continue };
        let Some(column) = table.column(name).filter(|c| c.data_type == "uuid" && is_random(c)) else { continue };
        let Some(rows) = context.rows(&table.name).filter(|n| *n >= LARGE) else { continue };
        sink.report(draft(context, table, column, rows));
    }
}

fn is_random(column: &Column) -> bool {
    let random = |d: &str| ["gen_random_uuid()", "uuid_generate_v4()", "uuidv4()"].iter().any(|f| d.ends_with(f));
    column.default.as_deref().is_some_and(random)
}

fn draft(context: &Context<'_>, table: &Table, column: &Column, rows: f64) -> Draft {
    let default = column.default.as_deref().unwrap_or_default();
    let message = format!("{}.{} is a random UUID in {} rows", table.name, column.name, count(rows));
    let why = "A random key has no place of its own in the index: each insert lands on another page, so that the whole index has to stay in the cache, pages end up two thirds full, and after each checkpoint nearly every \
               insert logs a full page. A UUID of version 7 begins with the time and goes to the end of the index, like a number from a sequence."
        .to_owned();
    let draft = Draft::new(ObjectRef::column(&table.name, &column.name), message, why)
        .severity(if rows >= 2e8 { Severity::Low } else { RULE.severity })
        .evidence(format!("default of {}", column.name), default, "pg_attrdef")
        .evidence(format!("rows in {}", table.name), rows, "pg_class.reltuples");
    if context.server.version_num < 180_000 {
        return draft;
    }
    let alter = format!("alter table {} alter column {} set default", table.name.sql(), quote_ident(&column.name));
    draft.fix(Fix {
        title: format!("make new ids of {} UUIDs of version 7", table.name),
        up: vec![format!("{alter} uuidv7()")],
        down: vec![format!("{alter} {default}")],
        transactional: true,
        effect: exclusive(&table.name),
        caution: Some("a UUID of version 7 tells when it was made: not where ids that outsiders see must not say so; rows that are there keep their ids".to_owned()),
    })
}
