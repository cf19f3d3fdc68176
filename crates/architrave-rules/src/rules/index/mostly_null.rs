//! `index/mostly-null`: see `mostly_null.md` for the rule's page.

use crate::figures::{bytes, count, percent};
use crate::leans::{has_twin, is_plain};
use crate::relations::{Indexed, indexed};
use crate::statements::{Names, drop_index, lock};
use architrave_model::catalog::Index;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::quote_ident;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "index/mostly-null",
    summary: "index whose entries are nulls for the most part",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("mostly_null.md"),
    check: Check::Stats(check),
};

/// Share of NULLs from which on the rest is small.
const LEAST_NULLS: f64 = 0.8;
/// Less is not worth a rebuild: 16 MiB.
const LEAST_SAVED: f64 = 16_777_216.0;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut names = None;
    let mut texts = None;
    for of in indexed(&scope, catalog) {
        for index in of.indexes.iter().filter(|i| i.method == "btree" && i.keys.len() == 1 && i.predicate.is_none()) {
            let Some(column) = index.keys.first().and_then(|k| k.column.as_deref()) else { continue };
            let Some(nulls) = stats.column(of.name, column).map(|c| c.null_fraction).filter(|n| *n >= LEAST_NULLS) else { continue };
            let Some(rows) = context.rows(of.name) else { continue };
            let saved = rows * nulls * bytes_per_null(context);
            if saved < LEAST_SAVED || !is_plain(&of, index) || has_twin(&of, index) {
                continue;
            }
            let texts = texts.get_or_insert_with(|| stats.statements.iter().map(|s| s.query.to_lowercase()).collect::<Vec<_>>());
            if texts.iter().any(|t| asks_for_nulls(t, column)) {
                continue;
            }
            let names = names.get_or_insert_with(|| Names::of(catalog));
            sink.report(draft(context, &of, index, (column, nulls, rows, saved)).fix(fix(names, &of, index, (column, saved))));
        }
    }
}

/// From 13 on equal keys share one entry, and each further row costs its address of 6 bytes; before, 20. At a fill of 90 %.
fn bytes_per_null(context: &Context<'_>) -> f64 {
    (if context.server.version_num >= 130_000 { 6.0 } else { 20.0 }) / 0.9
}

/// A statement that looks for the NULLs would lose its index.
fn asks_for_nulls(text: &str, column: &str) -> bool {
    let column = column.to_lowercase();
    text.contains(&format!("{column} is null")) || text.contains(&format!("{column}\" is null"))
}

fn draft(context: &Context<'_>, of: &Indexed<'_>, index: &Index, (column, nulls, rows, saved): (&str, f64, f64, f64)) -> Draft {
    let message = format!("{} of the {} entries of {} on {} are null", percent(nulls), count(rows), index.name, of.name);
    let why = format!(
        "A search for a value of {column} never visits them, yet each row without one was entered and is vacuumed: about {} for nothing. A partial index WHERE {column} IS NOT NULL finds the same rows, \
         since every comparison implies it, and rows without a value cost it nothing. Only a search for the nulls themselves and a sort of all rows would miss them.",
        bytes(saved as i64)
    );
    let draft = Draft::new(of.index_ref(index), message, why)
        .severity(if saved >= 1_073_741_824.0 { Severity::Medium } else { RULE.severity })
        .evidence(format!("null fraction of {column}"), nulls, "pg_stats.null_frac")
        .evidence(format!("rows in {}", of.name), rows, "pg_class.reltuples");
    match context.stats.and_then(|s| s.index(&of.name.schema, &index.name)).and_then(|i| i.bytes) {
        Some(size) => draft.evidence(format!("size of {}", index.name), size, "pg_relation_size"),
        None => draft,
    }
}

fn fix(names: &mut Names<'_>, of: &Indexed<'_>, index: &Index, (column, saved): (&str, f64)) -> Fix {
    let new = names.free(&of.name.schema, &of.name.name, &[column.to_owned()], "idx");
    let drop = drop_index(of, index, None);
    let (_, what) = index.definition.split_once(" USING ").unwrap_or_default();
    let mut up = vec![format!(
        "create index concurrently {} on {} using {what} where {} is not null",
        quote_ident(&new),
        of.name.sql(),
        quote_ident(column)
    )];
    up.extend(drop.up);
    let mut down = drop.down;
    down.push(format!("drop index concurrently {}", QualifiedName::new(&of.name.schema, &new).sql()));
    Fix {
        title: format!("make {} partial: without the nulls", index.name),
        up,
        down,
        transactional: false,
        effect: Effect {
            locks: vec![lock(of.name, "ShareUpdateExclusiveLock")],
            scans: vec![of.name.to_string()],
            bytes: Some(-(saved as i64)),
            ..Effect::default()
        },
        caution: Some(format!(
            "look for statements that ask for {column} IS NULL or sort the whole table by {column}: the partial index does not serve those"
        )),
    }
}
