//! `column/list-in-text`: see `list_in_text.md` for the rule's page.

use crate::columns;
use crate::rules::column::words_of;
use crate::samples::sampled;
use architrave_model::catalog::Column;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "column/list-in-text",
    summary: "list of values in one text column",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("list_in_text.md"),
    check: Check::Stats(check),
};

/// Fewer sample values decide nothing.
const FEWEST_VALUES: usize = 10;
/// This share of them must be lists.
const SHARE: f64 = 0.8;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut masked = false;
    let named = |c: &Column| {
        let words = words_of(&c.name);
        columns::is_text(c) && words.last().is_some_and(|w| PLURALS.contains(&w.as_str()) || (w.len() > 3 && w.ends_with("ids")))
    };
    let may = |c: &Column| c.name.to_ascii_lowercase().ends_with(['s', 't']);
    let candidates =
        columns::by_schema(Scope::of(catalog, context), &|t, c| may(c) && stats.column(&t.name, &c.name).is_some() && named(c));
    for (schema, columns) in candidates {
        let mut lists = Vec::new();
        for (table, column) in columns {
            let values = stats.column(&table.name, &column.name).map(sampled).unwrap_or_default();
            masked |= values.is_empty();
            let some = values.iter().filter(|v| is_list(v)).count();
            if values.len() >= FEWEST_VALUES && some as f64 >= SHARE * values.len() as f64 {
                lists.push((table, column));
            }
        }
        if !lists.is_empty() {
            let why = "Most of the values that the statistics hold are lists with commas. No foreign key can look into them, no ordinary index finds a member, a search with LIKE finds 12 in 112, and taking one \
                       member out means rewriting the text. An array with a GIN index, or a table with a row per member, does all of this.";
            sink.report(columns::draft(schema, &lists, ("holds lists in text", "hold lists in text"), why));
        }
    }
    if masked {
        sink.not_checked("the statistics of some of these columns hold no values: masked, or never analyzed");
    }
}

/// Names of several things.
const PLURALS: &[&str] = &[
    "categories",
    "codes",
    "emails",
    "ids",
    "keywords",
    "labels",
    "list",
    "members",
    "permissions",
    "recipients",
    "roles",
    "scopes",
    "tags",
    "users",
];

/// At least two members of word characters between commas.
fn is_list(value: &str) -> bool {
    let member = |m: &str| !m.is_empty() && m.len() <= 60 && m.chars().all(|c| c.is_alphanumeric() || "_-.@+:".contains(c));
    let mut parts = value.trim().split([',', ';', '|']).map(str::trim).peekable();
    let first = parts.next().is_some_and(member);
    first && parts.peek().is_some() && parts.all(member)
}
