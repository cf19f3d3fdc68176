//! `column/default-null-text`: see `default_null_text.md` for the rule's page.

use crate::columns;
use crate::statements::lock;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::quote_ident;
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "column/default-null-text",
    summary: "default that is the word NULL in quotes",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("default_null_text.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let found =
        columns::by_schema(Scope::of(catalog, context), &|_, c| columns::is_text(c) && c.generated.is_none() && quoted_null(c).is_some());
    for (schema, columns) in &found {
        let why = "The default is a text of some letters, not the absence of a value: IS NULL does not find such rows, COALESCE keeps them, counts count them, and a letter to \"NULL\" goes out.";
        let detail = |_: &Table, column: &Column| column.default.clone();
        let draft = columns::draft_with(
            schema,
            columns,
            ("has NULL in quotes as its default", "have NULL in quotes as their default"),
            why,
            &detail,
        );
        let alter = |change: &dyn Fn(&Column) -> Option<String>| {
            let one = |(table, column): &(&Table, &Column)| {
                let default = change(column).map_or_else(|| "drop default".to_owned(), |d| format!("set default {d}"));
                format!("alter table {} alter column {} {default}", table.name.sql(), quote_ident(&column.name))
            };
            columns.iter().map(one).collect::<Vec<_>>()
        };
        let mut locks: Vec<_> = columns.iter().map(|(t, _)| lock(&t.name, "AccessExclusiveLock")).collect();
        locks.dedup();
        sink.report(draft.fix(Fix {
            title: format!("drop the quoted NULL defaults of schema {schema}"),
            up: alter(&|_| None),
            down: alter(&|c| c.default.clone()),
            transactional: true,
            effect: Effect { locks, ..Effect::default() },
            caution: Some("rows that are stored keep the text: update them to null, and where the column is not null decide what a missing value is".into()),
        }));
    }
}

fn quoted_null(column: &Column) -> Option<String> {
    let value = columns::literal(column.default.as_deref()?)?;
    matches!(value.to_lowercase().as_str(), "null" | "(null)" | "undefined" | "<null>").then_some(value)
}
