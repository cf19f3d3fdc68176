//! Rules on column types.

mod char_padded;
mod flag_not_boolean;
mod float_for_money;
mod json_over_jsonb;
mod money;
mod seconds_rounded;
mod silently_cut;
mod time_with_zone;
mod timestamp_without_zone;
mod upgrade_blocked;
mod uuid_as_text;

use crate::columns;
use crate::figures::list_of;
use crate::retype::{self, Retype, Surroundings};
use architrave_model::finding::Fix;
use architrave_model::rule::Draft;
use architrave_model::{Context, Rule};

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &char_padded::RULE,
    &flag_not_boolean::RULE,
    &float_for_money::RULE,
    &json_over_jsonb::RULE,
    &money::RULE,
    &seconds_rounded::RULE,
    &silently_cut::RULE,
    &time_with_zone::RULE,
    &timestamp_without_zone::RULE,
    &upgrade_blocked::RULE,
    &uuid_as_text::RULE,
];

/// Adds the change of all these types as the fix, or what PostgreSQL would refuse it for.
///
/// `blocked` gives further obstacles of one column.
fn with_change(
    around: &Surroundings<'_>,
    context: &Context<'_>,
    draft: Draft,
    changes: &[Retype<'_>],
    (title, caution): (String, &str),
    blocked: &dyn Fn(&Retype<'_>) -> Vec<String>,
) -> Draft {
    let mut obstacles: Vec<String> = changes.iter().flat_map(blocked).collect();
    obstacles.sort();
    obstacles.dedup();
    if !obstacles.is_empty() {
        return draft.evidence(
            "stands in the way of one ALTER TABLE: drop it before, make it again after",
            list_of(&obstacles, 10),
            "pg_depend",
        );
    }
    let fix = retype::fix(around, context, title, changes);
    draft.fix(Fix { caution: Some(caution.to_owned()), ..fix })
}

/// What PostgreSQL refuses the change of a column's type for: what depends on it, checks that compare with the old type, and a default that
/// does not come along.
fn blocked(around: &Surroundings<'_>, change: &Retype<'_>) -> Vec<String> {
    let (table, column) = (change.table, change.column);
    let mut found = retype::obstacles(around, table, column, true);
    found.extend(columns::checks_of(table, &column.name).map(|c| format!("constraint {}", c.name)));
    if change.default.is_none() && column.default.is_some() {
        found.push(format!("the default of {}.{}", table.name, column.name));
    }
    found
}
