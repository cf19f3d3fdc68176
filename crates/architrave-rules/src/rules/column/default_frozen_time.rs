//! `column/default-frozen-time`: see `default_frozen_time.md` for the rule's page.

use crate::columns;
use crate::statements::lock;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::quote_ident;
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "column/default-frozen-time",
    summary: "default that is the moment of its creation",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("default_frozen_time.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let found = columns::by_schema(Scope::of(catalog, context), &|_, c| is_frozen(c));
    for (schema, columns) in &found {
        let why = "The default is one moment with fractions of a second, which nobody writes by hand: 'now' in quotes is read once, when the default is created, and stays that moment for ever. Every row \
                   that relies on it claims to be from then. now() without quotes is asked for every row.";
        let detail = |_: &Table, column: &Column| column.default.clone();
        let draft = columns::draft_with(
            schema,
            columns,
            ("has a fixed moment as its default", "have a fixed moment as their default"),
            why,
            &detail,
        );
        let alter = |default: &dyn Fn(&Column) -> String| {
            let one = |(table, column): &(&Table, &Column)| {
                format!("alter table {} alter column {} set default {}", table.name.sql(), quote_ident(&column.name), default(column))
            };
            columns.iter().map(one).collect::<Vec<_>>()
        };
        let mut locks: Vec<_> = columns.iter().map(|(t, _)| lock(&t.name, "AccessExclusiveLock")).collect();
        locks.dedup();
        sink.report(draft.fix(Fix {
            title: format!("make the fixed moments of schema {schema} now()"),
            up: alter(&|_| "now()".to_owned()),
            down: alter(&|c| c.default.clone().unwrap_or_default()),
            transactional: true,
            effect: Effect { locks, ..Effect::default() },
            caution: Some("rows that took the default keep the wrong time; a default that only served to fill a new column of old rows can go altogether".into()),
        }));
    }
}

/// A literal with at least a millisecond in it.
fn is_frozen(column: &Column) -> bool {
    let base = column.base_type();
    if !(base.starts_with("timestamp") || base == "time without time zone" || base == "time with time zone") || column.is_array() {
        return false;
    }
    let Some(moment) = column.default.as_deref().and_then(columns::literal) else { return false };
    let digits: String = moment.split_once('.').map(|(_, f)| f.chars().take_while(char::is_ascii_digit).collect()).unwrap_or_default();
    let last_of_the_day = digits.chars().all(|d| d == '9');
    digits.len() >= 3 && !last_of_the_day && digits.chars().any(|d| d != '0')
}
