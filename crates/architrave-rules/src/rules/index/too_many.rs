//! `index/too-many`: see `too_many.md` for the rule's page.

use crate::figures::{bytes, count, list_of};
use crate::relations::{Indexed, index_bytes, indexed};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "index/too-many",
    summary: "table whose indexes are many or outweigh its rows",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("too_many.md"),
    check: Check::Catalog(check),
};

/// Indexes of one table from which on it is worth a look, whatever their size.
const MANY: usize = 15;
/// With fewer the weight has another reason than their number: narrow rows.
const SEVERAL: usize = 6;
/// Indexes outweigh the rows by this factor, and by this much: 256 MiB.
const RATIO: i64 = 2;
const WEIGHT: i64 = 256 << 20;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    for of in indexed(&scope, catalog) {
        if of.indexes.len() < SEVERAL {
            continue;
        }
        let weights =
            context.stats.and_then(|s| s.table(of.name)).and_then(|t| Some((t.index_bytes?, t.table_bytes? + t.toast_bytes.unwrap_or(0))));
        let heavy = weights.filter(|(indexes, rows)| *indexes >= WEIGHT && *indexes > rows.saturating_mul(RATIO));
        if of.indexes.len() >= MANY || heavy.is_some() {
            sink.report(draft(context, &of, heavy));
        }
    }
}

fn draft(context: &Context<'_>, of: &Indexed<'_>, heavy: Option<(i64, i64)>) -> Draft {
    let n = of.indexes.len();
    let writes = context.writes(of.name);
    let weight = heavy.map_or_else(String::new, |(indexes, rows)| format!(", {} over {} of rows", bytes(indexes), bytes(rows)));
    let message = format!("{} has {n} indexes{weight}", of.name);
    let traffic =
        writes.map_or_else(String::new, |w| format!(" The table took {} row changes since the counters were reset.", count(w as f64)));
    let why = format!(
        "Every insert writes all {n}, and so does every update that touches one indexed column or finds no room in its page: one row becomes {} pages to dirty, log and vacuum. Before 18 a query \
         takes a lock on every index of a table that it plans over, and only 16 relations fit into the lock table's fast lane.{traffic}",
        n + 1
    );
    let severity = if writes.is_some_and(|w| w >= 10_000_000) { Severity::Low } else { RULE.severity };
    let mut draft =
        Draft::new(ObjectRef::table(of.name), message, why).severity(severity).evidence(format!("indexes of {}", of.name), n, "pg_index");
    if let Some((indexes, rows)) = heavy {
        draft =
            draft.evidence("all indexes, bytes", indexes, "pg_relation_size").evidence("the rows with TOAST, bytes", rows, "pg_table_size");
    }
    let mut sized: Vec<(i64, &str)> =
        of.indexes.iter().map(|i| (index_bytes(context, &of.name.schema, &i.name).unwrap_or(0), i.name.as_str())).collect();
    sized.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let named: Vec<String> =
        sized.iter().map(|(size, name)| if *size > 0 { format!("{name} ({})", bytes(*size)) } else { (*name).to_owned() }).collect();
    draft.evidence("the largest", list_of(&named, 5), "pg_index")
}
