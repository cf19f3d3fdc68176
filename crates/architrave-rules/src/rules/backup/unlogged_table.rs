//! `backup/unlogged-table`: see `unlogged_table.md` for the rule's page.

use crate::figures::{count, counted, list_of};
use crate::statements::lock;
use architrave_model::catalog::{Persistence, Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "backup/unlogged-table",
    summary: "unlogged tables, empty after a crash",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Recovery,
    docs: include_str!("unlogged_table.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let tables: Vec<&Table> = scope.tables().filter(|t| t.persistence == Persistence::Unlogged && t.kind == TableKind::Ordinary).collect();
    let Some(first) = tables.first() else { return };
    let names: Vec<String> = tables.iter().map(|t| t.name.to_string()).collect();
    let large = tables.iter().any(|t| context.rows(&t.name).is_some_and(|rows| rows >= 1e6));
    let message =
        format!("{} unlogged, empty after a crash or a restore: {}", counted(tables.len(), "table is", "tables are"), list_of(&names, 5));
    let why = "Their rows are not in the WAL: a crash or a recovery empties them, and standbys never have them. Keep it for what can be made again, and say so in a comment.";
    let object = if tables.len() == 1 { ObjectRef::table(&first.name) } else { ObjectRef::global(ObjectKind::Schema, &first.name.schema) };
    let mut draft = Draft::new(object, message, why).severity(if large { Severity::Medium } else { RULE.severity });
    for table in &tables {
        let rows = context.rows(&table.name).map(|r| format!("{} rows", count(r)));
        draft = draft.place(ObjectRef::table(&table.name), rows);
    }
    sink.report(draft.fix(Fix {
        title: "write them to the WAL".into(),
        up: tables.iter().map(|t| format!("alter table {} set logged", t.name.sql())).collect(),
        down: tables.iter().map(|t| format!("alter table {} set unlogged", t.name.sql())).collect(),
        transactional: true,
        effect: Effect {
            locks: tables.iter().map(|t| lock(&t.name, "AccessExclusiveLock")).collect(),
            rewrites: tables.iter().map(|t| t.name.to_string()).collect(),
            ..Effect::default()
        },
        caution: Some("the table is rewritten under an exclusive lock, all of it goes to the WAL, and writing to it costs more from then on: leave caches and staging as they are".into()),
    }));
}
