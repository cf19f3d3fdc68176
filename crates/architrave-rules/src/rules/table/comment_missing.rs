//! `table/comment-missing`: see `comment_missing.md` for the rule's page.

use crate::figures::{counted, list_of, percent};
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "table/comment-missing",
    summary: "table without a comment",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Documentation,
    docs: include_str!("comment_missing.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<&Table>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        by_schema.entry(&table.name.schema).or_default().push(table);
    }
    for (schema, tables) in by_schema {
        let silent: Vec<&Table> = tables.iter().filter(|t| t.comment.as_deref().is_none_or(|c| c.trim().is_empty())).copied().collect();
        if silent.is_empty() {
            continue;
        }
        let share = 1.0 - silent.len() as f64 / tables.len() as f64;
        let names: Vec<String> = silent.iter().map(|t| t.name.name.clone()).collect();
        let message = format!(
            "{} of {} in schema {schema} {} no comment: {}",
            silent.len(),
            counted(tables.len(), "table", "tables"),
            if silent.len() == 1 { "has" } else { "have" },
            list_of(&names, 3)
        );
        let why = format!(
            "{} of the tables say what one row stands for. For the others it is in people's heads: whoever joins, and every tool that writes queries from the schema, has to guess it \
             from the name. One sentence per table is enough: what a row is, when it appears, whether it is ever deleted.",
            percent(share)
        );
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why)
            .evidence("tables", tables.len(), "pg_class")
            .evidence("tables with a comment", tables.len() - silent.len(), "pg_description");
        for table in silent {
            draft = draft.place(ObjectRef::table(&table.name), None);
        }
        sink.report(draft);
    }
}
