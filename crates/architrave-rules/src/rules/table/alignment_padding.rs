//! `table/alignment-padding`: see `alignment_padding.md` for the rule's page.

use crate::figures::{bytes, list_of, percent};
use crate::layout::{Slot, slot_of};
use architrave_model::catalog::{Generated, Table, TableKind};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "table/alignment-padding",
    summary: "order of columns that leaves holes in every row",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Large,
    area: Area::Performance,
    docs: include_str!("alignment_padding.md"),
    check: Check::Stats(check),
};

/// Bytes of holes from which on it is worth a look: 100 MiB.
const LEAST: f64 = 100.0 * 1_048_576.0;
/// And their share of the table.
const SHARE: f64 = 0.08;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables().filter(|t| t.kind == TableKind::Ordinary && t.access_method.is_none()) {
        let Some(measured) = stats.table(&table.name) else { continue };
        let (Some(rows), Some(size)) = (measured.row_estimate(), measured.main_bytes) else { continue };
        if (size as f64) < LEAST {
            continue;
        }
        let Some(columns) = slots(catalog, stats, table) else { continue };
        let mut best = columns.clone();
        // Varying ones last: they need no alignment among themselves.
        best.sort_by_key(|(_, slot)| (slot.varies, std::cmp::Reverse(slot.align)));
        let per_row = holes(&columns) - holes(&best);
        let total = per_row * rows;
        if total < LEAST || total < SHARE * size as f64 {
            continue;
        }
        let order: Vec<String> = best.iter().map(|(name, _)| (*name).to_owned()).collect();
        let share = total / size as f64;
        let message = format!("{} leaves about {per_row:.0} bytes of each row empty, {} of the table", table.name, percent(share));
        let why = format!(
            "A value of eight bytes starts at a multiple of eight, and the order of the columns leaves holes before such values: {} in all, estimated from widths and the share of NULLs. Fixed columns from wide to narrow and varying ones \
             after them leave next to none. The order of existing columns cannot be changed; it is worth it where the table is made anew anyway.",
            bytes(total as i64)
        );
        sink.report(
            Draft::new(ObjectRef::table(&table.name), message, why)
                .evidence("bytes of holes", total.floor(), "pg_attribute, pg_stats")
                .evidence("bytes of the table", size, "pg_relation_size")
                .evidence("an order without holes", list_of(&order, 40), "pg_attribute.attalign"),
        );
    }
}

/// Columns with their place in a row; mostly-NULL ones take none. None where a type is not known or not measured.
fn slots<'a>(catalog: &Catalog, stats: &Stats, table: &'a Table) -> Option<Vec<(&'a str, Slot)>> {
    let mut found = Vec::new();
    for column in table.columns.iter().filter(|c| c.generated != Some(Generated::Virtual)) {
        let measured = stats.column(&table.name, &column.name)?;
        if measured.null_fraction < 0.5 {
            found.push((column.name.as_str(), slot_of(catalog, &column.data_type, measured.average_width)?));
        }
    }
    Some(found)
}

/// Expected bytes of padding in one row.
fn holes(columns: &[(&str, Slot)]) -> f64 {
    // The offset is known modulo `known`; the header leaves it at a multiple of eight.
    let (mut known, mut rest, mut lost) = (8_usize, 0_usize, 0.0);
    for (_, slot) in columns {
        if slot.align <= known {
            let gap = (slot.align - rest % slot.align) % slot.align;
            lost += gap as f64;
            rest = (rest + gap + slot.width) % known;
        } else {
            lost += (slot.align - known) as f64 / 2.0;
            known = slot.align;
            rest = slot.width % known;
        }
        if slot.varies {
            (known, rest) = (1, 0);
        }
    }
    lost
}
