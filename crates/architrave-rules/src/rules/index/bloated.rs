//! `index/bloated`: see `bloated.md` for the rule's page.

use crate::figures::{bytes, count};
use crate::relations::{Indexed, indexed};
use crate::statements::lock;
use architrave_model::catalog::{Index, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "index/bloated",
    summary: "b-tree that takes several times the pages that its entries need",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("bloated.md"),
    check: Check::Stats(check),
};

/// Page size, bytes; servers built with another one are not known to us.
const PAGE: f64 = 8192.0;
/// Less is not worth a rebuild: 64 MiB.
const LEAST_WASTE: f64 = 67_108_864.0;
/// A tree that is filled in random order settles at about two thirds full, which is 1.3 times the tight size; pages half empty are normal.
const LEAST_RATIO: f64 = 2.0;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if stats.columns.is_empty() && !catalog.tables.is_empty() {
        return sink.not_checked("pg_stats shows no column, so how wide entries are is not known");
    }
    let scope = Scope::of(catalog, context);
    for of in indexed(&scope, catalog) {
        for index in of.indexes.iter().filter(|i| i.method == "btree" && i.valid && i.ready) {
            let Some(used) = stats.index(&of.name.schema, &index.name).filter(|u| u.rows > 0.0 && u.pages > 0) else { continue };
            let Some(width) = entry_width(stats, &of, index) else { continue };
            let needed = pages_needed(used.rows, width, fill_factor(index));
            let pages = used.pages as f64;
            let waste = (pages - needed) * PAGE;
            if waste >= LEAST_WASTE && pages >= needed * LEAST_RATIO {
                sink.report(draft(&of, index, (used.rows, pages, needed)));
            }
        }
    }
}

/// Bytes of an entry with its line pointer: header of 8 bytes (16 with a bitmap of NULLs), keys at their average width, padded to 8, and 4.
///
/// None for expressions and for columns without statistics.
fn entry_width(stats: &Stats, of: &Indexed<'_>, index: &Index) -> Option<f64> {
    let table = of.table?;
    let mut width = 0.0;
    let mut nulls = false;
    for name in index.keys.iter().map(|k| k.column.as_ref()).chain(index.include.iter().map(Some)) {
        let (name, column) = (name?, table.column(name?)?);
        let measured = stats.column(&table.name, name)?;
        nulls |= measured.null_fraction > 0.0;
        let align = alignment(&column.base_type());
        width = (width / align).ceil() * align + f64::from(measured.average_width) * (1.0 - measured.null_fraction);
    }
    let header = if nulls { 16.0 } else { 8.0 };
    Some(((header + width) / 8.0).ceil() * 8.0 + 4.0)
}

fn alignment(base_type: &str) -> f64 {
    match base_type {
        "bigint" | "double precision" | "timestamp without time zone" | "timestamp with time zone" | "time without time zone" => 8.0,
        "integer" | "real" | "date" | "oid" => 4.0,
        "smallint" => 2.0,
        _ => 1.0,
    }
}

/// Share of a leaf page that a build fills, 0–1.
fn fill_factor(index: &Index) -> f64 {
    let set = index.options.iter().find_map(|o| o.strip_prefix("fillfactor=")).and_then(|v| v.parse::<f64>().ok());
    set.unwrap_or(90.0) / 100.0
}

/// Leaf pages (24 bytes of header, 16 of links), the pages above them, and the meta page. Equal keys are taken to be stored one by one: from 13 on
/// they share an entry and need less, so that the estimate errs towards silence.
fn pages_needed(rows: f64, width: f64, fill: f64) -> f64 {
    let per_page = (((PAGE - 40.0) * fill) / width).floor().max(1.0);
    let leaves = (rows / per_page).ceil();
    leaves + (leaves / per_page.max(2.0) * 1.3).ceil() + 1.0
}

fn draft(of: &Indexed<'_>, index: &Index, (rows, pages, needed): (f64, f64, f64)) -> Draft {
    let size = (pages * PAGE) as i64;
    let waste = ((pages - needed) * PAGE) as i64;
    let message = format!(
        "{} on {} takes {} for {} entries that fit into about {}",
        index.name,
        of.name,
        bytes(size),
        count(rows),
        bytes((needed * PAGE) as i64)
    );
    let why = format!(
        "An estimate from the average width of the keys and the layout of pages, not a measurement: about {} hold nothing. Pages that deletes and updates have left half empty are read, cached \
         and backed up like full ones; vacuum gives a page of a b-tree back for reuse only once it is empty.",
        bytes(waste)
    );
    let severity = if waste >= 10 << 30 { Severity::Medium } else { RULE.severity };
    let name = QualifiedName::new(&of.name.schema, &index.name);
    let draft = Draft::new(of.index_ref(index), message, why)
        .severity(severity)
        .evidence(format!("pages of {}", index.name), pages, "pg_class.relpages")
        .evidence(format!("entries of {}", index.name), rows, "pg_class.reltuples")
        .evidence("pages that these entries need, about", needed, "pg_stats.avg_width");
    if of.table.is_some_and(|t| t.kind != TableKind::Ordinary) {
        return draft;
    }
    draft.fix(Fix {
        title: format!("rebuild index {}", index.name),
        up: vec![format!("reindex index concurrently {}", name.sql())],
        down: Vec::new(),
        transactional: false,
        effect: Effect {
            locks: vec![lock(of.name, "ShareUpdateExclusiveLock")],
            scans: vec![of.name.to_string()],
            bytes: Some(-waste),
            ..Effect::default()
        },
        caution: Some(format!("needs about {} more while it runs, and waits for every transaction that is older than it; measure with pgstatindex of pgstattuple first where you can", bytes((needed * PAGE) as i64))),
    })
}
