//! `column/never-null`: see `never_null.md` for the rule's page.

use crate::columns;
use crate::figures::count;
use crate::rules::column::words_of;
use crate::statements::{Names, lock};
use architrave_model::catalog::{Column, Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::quote_ident;
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "column/never-null",
    summary: "nullable column of a large table that never is null",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("never_null.md"),
    check: Check::Stats(check),
};

/// Fewer rows prove little about the next one.
const FEWEST_ROWS: f64 = 100_000.0;

/// Words of what happens later or not at all: a sample without NULL says nothing.
const LATER: &[&str] = &[
    "archived",
    "banned",
    "cancelled",
    "canceled",
    "closed",
    "comment",
    "completed",
    "confirmed",
    "deleted",
    "description",
    "disabled",
    "end",
    "ended",
    "ends",
    "error",
    "expired",
    "expires",
    "failed",
    "finished",
    "last",
    "next",
    "note",
    "notes",
    "parent",
    "previous",
    "processed",
    "published",
    "read",
    "resolved",
    "revoked",
    "seen",
    "sent",
    "started",
    "until",
    "verified",
];

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let enough = |t: &Table| t.kind == TableKind::Ordinary && context.rows(&t.name).is_some_and(|n| n >= FEWEST_ROWS);
    let never = |t: &Table, c: &Column| {
        let measured = stats.column(&t.name, &c.name);
        let later = || words_of(&c.name).iter().any(|w| LATER.contains(&w.as_str()));
        let told = || columns::refers(t, &c.name) || columns::checks_of(t, &c.name).next().is_some();
        !c.not_null && c.generated.is_none() && measured.is_some_and(|s| s.null_fraction == 0.0) && !later() && !told()
    };
    let found = columns::by_schema(Scope::of(catalog, context), &|t, c| enough(t) && never(t, c));
    let mut names = None;
    for (schema, columns) in &found {
        let names = names.get_or_insert_with(|| Names::of(catalog));
        let why = "The sample that ANALYZE took of these tables holds no row without a value. As long as the column may be null, NOT IN over it can return nothing, sums and comparisons have a third outcome, \
                   and the first row without a value gets in unnoticed. NOT NULL also lets the planner drop tests and use plain joins.";
        let detail = |t: &Table, c: &Column| Some(format!("{}, {} rows", c.data_type, count(context.rows(&t.name).unwrap_or(0.0))));
        let draft = columns::draft_with(schema, columns, ("may be null, and never is", "may be null, and never are"), why, &detail);
        sink.report(draft.fix(fix(names, schema, columns)));
    }
}

/// In steps that hold no strong lock for the length of a scan.
fn fix(names: &mut Names<'_>, schema: &str, columns: &[columns::Placed<'_>]) -> Fix {
    let (mut up, mut down, mut effect) = (Vec::new(), Vec::new(), Effect::default());
    for (table, column) in columns {
        let (sql, name) = (table.name.sql(), quote_ident(&column.name));
        let check = quote_ident(&names.free(&table.name.schema, &table.name.name, std::slice::from_ref(&column.name), "not_null"));
        up.push(format!("alter table {sql} add constraint {check} check ({name} is not null) not valid"));
        up.push(format!("alter table {sql} validate constraint {check}"));
        up.push(format!("alter table {sql} alter column {name} set not null"));
        up.push(format!("alter table {sql} drop constraint {check}"));
        down.push(format!("alter table {sql} alter column {name} drop not null"));
        effect.locks.push(lock(&table.name, "AccessExclusiveLock"));
        effect.scans.push(table.name.to_string());
    }
    effect.locks.dedup();
    effect.scans.dedup();
    Fix {
        title: format!("make the columns of schema {schema} that never are null not null"),
        up,
        down,
        transactional: true,
        effect,
        caution: Some(
            "run each statement in a transaction of its own, so that the scan of VALIDATE blocks nobody; take only the columns that no program means to leave empty: a row is refused from then on".into(),
        ),
    }
}
