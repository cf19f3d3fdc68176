//! `type/silently-cut`: see `silently_cut.md` for the rule's page.

use super::with_change;
use crate::columns;
use crate::retype::{Retype, Surroundings};
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "type/silently-cut",
    summary: "column of an internal type that cuts values without an error",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Types,
    docs: include_str!("silently_cut.md"),
    check: Check::Catalog(check),
};

const WHY: &str = "These are types of PostgreSQL's own catalogue. A value that does not fit is no error: name keeps 63 bytes, \"char\" the first one, and the rest is gone without a word. varchar(n) refuses such a value, and \
                   text takes it.";

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let cuts = |c: &Column| matches!(c.data_type.as_str(), "name" | "\"char\"");
    let found = columns::by_schema(Scope::of(catalog, context), &|_, c| cuts(c));
    if found.is_empty() {
        return;
    }
    let around = Surroundings::of(catalog);
    for (schema, columns) in &found {
        let draft = columns::draft(schema, columns, ("cuts what does not fit", "cut what does not fit"), WHY);
        let changes: Vec<Retype<'_>> = columns.iter().map(|(table, column)| retype(table, column)).collect();
        let title = format!("make the name and \"char\" columns of schema {schema} text");
        let caution = "what was cut stays cut; joins with the system catalogues need a cast from then on; each table is rewritten under an exclusive lock";
        sink.report(with_change(&around, context, draft, &changes, (title, caution), &|c| blocked(&around, c)));
    }
}

fn retype<'a>(table: &'a Table, column: &'a Column) -> Retype<'a> {
    Retype { table, column, to: "text".into(), using: None, back_using: None, default: None, checks: Vec::new() }
}

fn blocked(around: &Surroundings<'_>, change: &Retype<'_>) -> Vec<String> {
    let (table, column) = (change.table, change.column);
    let mut found = super::blocked(around, change);
    // The text would be compared in another collation on one side only.
    found.extend(columns::refers(table, &column.name).then(|| format!("the foreign key of {}.{}", table.name, column.name)));
    found
}
