//! `table/row-exceeds-page`: see `row_exceeds_page.md` for the rule's page.

use crate::layout::fixed_width;
use architrave_model::catalog::Generated;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "table/row-exceeds-page",
    summary: "row that cannot be stored when all its columns are set",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("row_exceeds_page.md"),
    check: Check::Catalog(check),
};

/// The largest row on a page of 8 kB, bytes.
const LARGEST: usize = 8160;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables().filter(|t| t.access_method.is_none()) {
        // As many of the widest type fit.
        if table.columns.len() <= LARGEST / 64 {
            continue;
        }
        let fixed: Vec<(usize, usize)> =
            table.columns.iter().filter(|c| c.generated != Some(Generated::Virtual)).filter_map(|c| fixed_width(&c.data_type)).collect();
        let header = (23 + table.columns.len().div_ceil(8)).next_multiple_of(8);
        let filled = fixed.iter().fold(header, |at, (width, align)| at.next_multiple_of(*align) + width);
        if filled <= LARGEST {
            continue;
        }
        let message = format!("a full row of {} takes {filled} bytes or more, {LARGEST} is the most", table.name);
        let why = format!(
            "{} columns have a fixed width, and these cannot be stored out of line. CREATE TABLE accepts them; the first INSERT or UPDATE that sets enough of them fails with \"row is too big\".",
            fixed.len()
        );
        sink.report(
            Draft::new(ObjectRef::table(&table.name), message, why)
                .evidence("columns of fixed width", fixed.len(), "pg_attribute.attlen")
                .evidence("bytes of a full row, at least", filled, "pg_attribute.attlen"),
        );
    }
}
