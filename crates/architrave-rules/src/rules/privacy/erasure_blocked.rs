//! `privacy/erasure-blocked`: see `erasure_blocked.md` for the rule's page.

use super::personal::{Kind, Subject, hits};
use crate::figures::{count, counted, list_of};
use crate::relations::Referrers;
use crate::rules::column::words_of;
use crate::statements::columns_sql;
use architrave_model::catalog::{ForeignKeyAction, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "privacy/erasure-blocked",
    summary: "foreign keys that keep a person's row from being erased, and the order in which it works",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("erasure_blocked.md"),
    check: Check::Catalog(check),
};

/// Tables of people that are looked into, the most referred ones first.
const MOST: usize = 10;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let referrers = Referrers::of(catalog);
    let mut people: Vec<(usize, &Table)> = scope
        .tables()
        .map(|t| (referrers.to(&t.name).len(), t))
        .filter(|(referring, t)| *referring > 0 && t.primary_key().is_some() && is_person(t, context))
        .collect();
    people.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    for (_, table) in people.into_iter().take(MOST) {
        let Some(key) = table.primary_key() else { continue };
        let mut plan = Plan { referrers: &referrers, steps: Vec::new(), seen: BTreeSet::new() };
        plan.visit(table, &known_person(&key.columns));
        if plan.steps.iter().any(|s| s.blocks) {
            sink.report(draft(context, table, &key.columns, &plan.steps));
        }
    }
}

/// One row is one person, and says who.
fn is_person(table: &Table, context: &Context<'_>) -> bool {
    let says_who = |kind: Kind| matches!(kind, Kind::Name | Kind::Email | Kind::Phone | Kind::BirthDate);
    Subject::of(table).is_person() && hits(table, context).iter().any(|h| says_who(h.kind))
}

/// `id = $1`.
fn known_person(columns: &[String]) -> String {
    columns.iter().enumerate().map(|(at, c)| format!("{} = ${}", columns_sql(&[c]), at + 1)).collect::<Vec<_>>().join(" and ")
}

/// What has to be done, children first.
struct Plan<'a, 'b> {
    referrers: &'b Referrers<'a>,
    steps: Vec<Step<'a>>,
    seen: BTreeSet<(&'a QualifiedName, &'a str)>,
}

/// One foreign key on the way.
struct Step<'a> {
    table: &'a Table,
    key: &'a str,
    action: ForeignKeyAction,
    /// Rows have to be gone, or point elsewhere, before.
    blocks: bool,
    /// The statement that does it; none where PostgreSQL does.
    statement: Option<String>,
}

impl Plan<'_, '_> {
    /// What refers to the rows of `table` for which the condition holds.
    fn visit(&mut self, table: &Table, condition: &str) {
        for referrer in self.referrers.to(&table.name) {
            let child = referrer.table;
            if child.is_partition
                || referrer.key.inherited
                || !referrer.key.enforced
                || !self.seen.insert((&child.name, referrer.key.name.as_str()))
            {
                continue;
            }
            let (own, theirs) = (columns_sql(&referrer.key.columns), columns_sql(&referrer.reference.columns));
            let own = if referrer.key.columns.len() > 1 { format!("({own})") } else { own };
            let rows = match condition.strip_prefix(&format!("{theirs} = ")) {
                Some(value) if !value.contains(' ') => format!("{own} = {value}"),
                _ => format!("{own} in (select {theirs} from {} where {condition})", table.name.sql()),
            };
            let action = referrer.reference.on_delete;
            let blocks = matches!(action, ForeignKeyAction::NoAction | ForeignKeyAction::Restrict);
            // Rows of a table that refers to itself go with one another; what is deeper than the text can say is not planned.
            if child.name != table.name && (blocks || action == ForeignKeyAction::Cascade) && condition.len() < 2000 {
                self.visit(child, &rows);
            }
            let statement = blocks.then(|| format!("delete from {} where {rows}", child.name.sql()));
            self.steps.push(Step { table: child, key: &referrer.key.name, action, blocks, statement });
        }
    }
}

/// Words of tables whose rows are records that books and tax law ask for.
const RECORDS: &[&str] = &[
    "invoice",
    "invoices",
    "order",
    "orders",
    "payment",
    "payments",
    "transaction",
    "transactions",
    "receipt",
    "receipts",
    "ledger",
    "booking",
    "bookings",
    "sale",
    "sales",
    "refund",
    "refunds",
];

fn draft(context: &Context<'_>, person: &Table, key: &[String], steps: &[Step<'_>]) -> Draft {
    let blocking: Vec<String> = steps.iter().filter(|s| s.blocks).map(|s| format!("{}.{}", s.table.name, s.key)).collect();
    let cascading: BTreeSet<&QualifiedName> =
        steps.iter().filter(|s| s.action == ForeignKeyAction::Cascade).map(|s| &s.table.name).collect();
    let records: BTreeSet<String> = steps
        .iter()
        .filter(|s| words_of(&s.table.name.name).iter().any(|w| RECORDS.contains(&w.as_str())))
        .map(|s| s.table.name.to_string())
        .collect();
    let message = format!(
        "a row of {} cannot be erased: {} in the way: {}",
        person.name,
        if blocking.len() == 1 {
            "1 foreign key stands".to_owned()
        } else {
            format!("{} foreign keys stand", count(blocking.len() as f64))
        },
        list_of(&blocking, 3)
    );
    let mut why = "Whoever asks for erasure (GDPR, article 17) has to get it within a month. DELETE fails here until the rows that refer to the person are gone or anonymised, in the order of \
                   the places below."
        .to_owned();
    if !cascading.is_empty() {
        let names: Vec<String> = cascading.iter().map(ToString::to_string).collect();
        why.extend([format!(" By ON DELETE CASCADE it takes rows of {} along.", list_of(&names, 3))]);
    }
    if !records.is_empty() {
        let names: Vec<String> = records.iter().cloned().collect();
        why.extend([format!(
            " Rows of {} look like records that have to be kept for years: there, empty the person's own columns (name, address, contacts) and keep the row.",
            list_of(&names, 3)
        )]);
    }
    let mut draft = Draft::new(ObjectRef::table(&person.name), message, why)
        .evidence("foreign keys that block", blocking.len(), "pg_constraint.confdeltype")
        .evidence("tables emptied by cascade", cascading.len(), "pg_constraint.confdeltype");
    if let Some(rows) = context.rows(&person.name) {
        draft = draft.evidence(format!("rows in {}", person.name), count(rows), "pg_class.reltuples");
    }
    for (at, step) in steps.iter().enumerate() {
        let rows = context.rows(&step.table.name).map_or_else(String::new, |n| format!(", {}", counted(n as usize, "row", "rows")));
        let what = step.statement.clone().unwrap_or_else(|| match step.action {
            ForeignKeyAction::Cascade => "goes with it by cascade".to_owned(),
            other => format!("PostgreSQL sets it: on delete {}", other.sql()),
        });
        let detail = format!("step {}: {what} ({}, {}{rows})", at + 1, step.key, step.action.sql());
        draft = draft.place(ObjectRef::table(&step.table.name), Some(detail));
    }
    let last = format!("step {}: delete from {} where {}", steps.len() + 1, person.name.sql(), known_person(key));
    draft.place(ObjectRef::table(&person.name), Some(last))
}
