//! `table/unlogged`: see `unlogged.md` for the rule's page.

use crate::figures::{by_size, count, list};
use crate::relations::Referrers;
use crate::rules::column::words_of;
use crate::statements::lock;
use architrave_model::catalog::{Persistence, Table};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "table/unlogged",
    summary: "unlogged table, empty after a crash",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Recovery,
    docs: include_str!("unlogged.md"),
    check: Check::Catalog(check),
};

/// What may be lost by name.
const LOSABLE: &[&str] = &[
    "cache",
    "caches",
    "import",
    "imports",
    "job",
    "jobs",
    "load",
    "lock",
    "locks",
    "queue",
    "scratch",
    "session",
    "sessions",
    "stage",
    "staging",
    "temp",
    "temporary",
    "tmp",
    "work",
];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let referrers = Referrers::of(catalog);
    for table in Scope::of(catalog, context).tables().filter(|t| t.persistence == Persistence::Unlogged) {
        let rows = context.rows(&table.name);
        let losable = words_of(&table.name.name).iter().any(|w| LOSABLE.contains(&w.as_str()));
        let referred = referrers.to(&table.name).iter().any(|r| r.table.name != table.name);
        let known = rows.map_or_else(String::new, |n| format!(", {} rows", count(n)));
        let message = format!("{} is unlogged{known}", table.name);
        let why = "After a crash or a kill of the server PostgreSQL empties it, without a message to anybody. It is not in a base backup's restore, not on standbys (where reading it is an error), not in point-in-time recovery. \
                   That is the price for not writing WAL.";
        let steps = [(1_000_000.0, Severity::High), (10_000.0, Severity::Medium)];
        let weight = by_size(rows, RULE.severity, &steps, Severity::Low);
        let draft = Draft::new(ObjectRef::table(&table.name), message, why)
            .severity(if losable { Severity::Info } else { weight })
            .evidence("persistence", "unlogged".to_owned(), "pg_class.relpersistence");
        let mut first: Vec<String> =
            table.foreign_keys().map(|(_, r)| &r.table).filter(|to| unlogged(catalog, to)).map(ToString::to_string).collect();
        first.retain(|name| *name != table.name.to_string());
        sink.report(if first.is_empty() {
            draft.fix(fix(context, table, referred))
        } else {
            draft.evidence("unlogged tables that it refers to, to be made logged before", list(&first), "pg_constraint")
        });
    }
}

fn unlogged(catalog: &Catalog, name: &QualifiedName) -> bool {
    catalog.table_named(name).is_some_and(|t| t.persistence == Persistence::Unlogged)
}

/// A table that others refer to can only go back once they have.
fn fix(context: &Context<'_>, table: &Table, referred: bool) -> Fix {
    Fix {
        title: format!("make {} logged", table.name),
        up: vec![format!("alter table {} set logged", table.name.sql())],
        down: if referred { Vec::new() } else { vec![format!("alter table {} set unlogged", table.name.sql())] },
        transactional: true,
        effect: Effect {
            locks: vec![lock(&table.name, "AccessExclusiveLock")],
            rewrites: vec![table.name.to_string()],
            bytes: context.bytes(&table.name),
            ..Effect::default()
        },
        caution: Some(
            "the table is rewritten under an exclusive lock and all of it goes through the WAL; its writes are slower from then on. Keep it unlogged where its rows can be made again".into(),
        ),
    }
}
