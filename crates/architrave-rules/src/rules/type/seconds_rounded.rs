//! `type/seconds-rounded`: see `seconds_rounded.md` for the rule's page.

use crate::columns;
use crate::figures::list_of;
use crate::retype;
use crate::retype::{Retype, Surroundings, obstacles};
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "type/seconds-rounded",
    summary: "time column with precision 0, which rounds to the next second",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Types,
    docs: include_str!("seconds_rounded.md"),
    check: Check::Catalog(check),
};

const WHY: &str = "Precision 0 does not cut fractions off, it rounds them: half of all moments are stored up to half a second in the future, so that created_at can be later than now(), and what \
                   happened within one second has no order. It saves nothing, the value takes eight bytes all the same.";

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let found = columns::by_schema(Scope::of(catalog, context), &|_, c| {
        c.data_type.starts_with("time") && c.data_type.contains("(0)") && !c.is_array()
    });
    if found.is_empty() {
        return;
    }
    let around = Surroundings::of(catalog);
    for (schema, columns) in &found {
        let draft = columns::draft(schema, columns, ("has precision 0", "have precision 0"), WHY);
        let changes: Vec<Retype<'_>> = columns.iter().map(|(table, column)| finer(table, column)).collect();
        let title = format!("keep fractions of seconds in schema {schema}");
        let caution = "programs that compare with equality, or that print the value as it is, see microseconds from now on; values that are stored stay rounded";
        let in_the_way: Vec<String> = columns.iter().flat_map(|(t, c)| obstacles(&around, t, c, true)).collect();
        if !in_the_way.is_empty() {
            let fact = "stands in the way of one ALTER TABLE: drop it before, make it again after";
            sink.report(draft.evidence(fact, list_of(&in_the_way, 10), "pg_depend"));
            continue;
        }
        let mut fix = retype::fix(&around, context, title, &changes);
        // A higher precision is a change of the catalogue alone.
        fix.effect.rewrites.clear();
        fix.effect.bytes = None;
        fix.caution = Some(caution.to_owned());
        sink.report(draft.fix(fix));
    }
}

fn finer<'a>(table: &'a Table, column: &'a Column) -> Retype<'a> {
    let to = column.data_type.replacen("(0)", "", 1);
    Retype { table, column, to, using: None, back_using: None, default: None, checks: Vec::new() }
}
