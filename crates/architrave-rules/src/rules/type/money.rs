//! `type/money`: see `money.md` for the rule's page.

use super::{blocked, with_change};
use crate::columns;
use crate::retype::{Retype, Surroundings};
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "type/money",
    summary: "column of type money",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Types,
    docs: include_str!("money.md"),
    check: Check::Catalog(check),
};

const WHY: &str = "What money prints and accepts follows lc_monetary: under another setting the same stored number is another currency with other decimals, and a dump only loads back right where the setting is \
                   equivalent. It holds no currency, always rounds to the decimals of that locale, and most drivers hand it out as text with a currency sign.";

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let found = columns::by_schema(Scope::of(catalog, context), &|_, c| c.base_type() == "money");
    if found.is_empty() {
        return;
    }
    let around = Surroundings::of(catalog);
    for (schema, columns) in &found {
        let draft = columns::draft(schema, columns, ("is money", "are money"), WHY);
        let changes: Vec<Retype<'_>> = columns.iter().map(|(table, column)| retype(table, column)).collect();
        let title = format!("make the money columns of schema {schema} numeric");
        let caution = "the stored numbers are read with the decimals of lc_monetary as it is now; say the scale that you mean, numeric(12, 2); each table is rewritten under an exclusive lock";
        sink.report(with_change(&around, context, draft, &changes, (title, caution), &|c| blocked(&around, c)));
    }
}

fn retype<'a>(table: &'a Table, column: &'a Column) -> Retype<'a> {
    let to = column.data_type.replacen("money", "numeric", 1);
    Retype { table, column, to, using: None, back_using: None, default: None, checks: Vec::new() }
}
