//! `plan/trigger-time`: see `trigger_time.md` for the rule's page.

use super::tree::Tree;
use super::wording::ms;
use crate::coverage::serves_equality;
use crate::figures::count;
use crate::new_index::create_index;
use crate::statements::Names;
use architrave_model::catalog::{Constraint, Reference, Table};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::plan::TriggerTime;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/trigger-time",
    summary: "triggers, foreign keys' checks among them, take a good part of a write's time",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("trigger_time.md"),
    check: Check::Plan(check),
};

/// Milliseconds below which a trigger's time is not worth a word, whatever its share.
const LEAST_MS: f64 = 5.0;
/// Milliseconds per call that a look-up through an index does not take.
const SLOW_CALL_MS: f64 = 1.0;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let mut slow: Vec<(&TriggerTime, f64)> = explained.plan.triggers.iter().filter_map(|t| Some((t, t.ms?))).collect();
    slow.retain(|(_, spent)| *spent >= LEAST_MS && tree.weighed(Some(*spent), 0.0).matters());
    slow.sort_by(|a, b| b.1.total_cmp(&a.1));
    let Some((worst, spent)) = slow.first().copied() else { return };
    let weight = tree.weighed(Some(spent), 0.0);
    let per_call = spent / worst.calls.max(1.0);
    let figures = format!("{} in {} calls", weight.words(), count(worst.calls));
    let mut draft = match foreign_key(&tree, worst) {
        Some((table, key, reference)) => of_foreign_key(&tree, per_call, &figures, table, key, reference),
        None => of_trigger(explained, worst, per_call, &figures),
    };
    for (trigger, spent) in slow.iter().skip(1) {
        let object = match foreign_key(&tree, trigger) {
            Some((table, key, _)) => ObjectRef::in_table(ObjectKind::Constraint, &table.name, &key.name),
            None => ObjectRef::global(ObjectKind::Trigger, name_of(trigger)),
        };
        draft = draft.place(object, Some(format!("{} in {} calls", ms(*spent), count(trigger.calls))));
    }
    sink.report(
        draft
            .severity(weight.severity())
            .confidence(weight.confidence())
            .evidence("time of the trigger", weight.words(), "EXPLAIN ANALYZE")
            .evidence("calls of the trigger", worst.calls, "EXPLAIN ANALYZE"),
    );
}

fn name_of(trigger: &TriggerTime) -> &str {
    trigger.constraint.as_deref().unwrap_or(&trigger.name)
}

/// The foreign key behind a trigger, when its name leaves no doubt.
fn foreign_key<'a>(tree: &Tree<'a>, trigger: &TriggerTime) -> Option<(&'a Table, &'a Constraint, &'a Reference)> {
    let name = trigger.constraint.as_deref()?;
    let written: Vec<_> = tree.seats().iter().filter(|s| s.writes()).filter_map(|s| tree.table_name(s)).collect();
    let all = tree.context.catalog.tables.iter().filter(|t| !t.is_partition);
    let all = all.flat_map(|t| t.foreign_keys().map(move |(k, r)| (t, k, r))).filter(|(_, k, _)| k.name == name);
    let mut found: Vec<_> = all.collect();
    if found.len() > 1 {
        found.retain(|(t, _, r)| written.contains(&t.name) || written.contains(&r.table));
    }
    match found.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// Whether the trigger looks for rows that refer to a changed parent row; otherwise it looks up the parent of a new row.
fn is_of_parent(tree: &Tree<'_>, reference: &Reference, table: &Table) -> bool {
    let written = tree.seats().iter().find(|s| s.writes());
    let of_parent = written.and_then(|s| tree.table_name(s)).is_some_and(|name| name == reference.table);
    let deletes = written.is_some_and(|s| s.node.operation.as_deref() == Some("Delete"));
    of_parent && (table.name != reference.table || deletes)
}

fn of_foreign_key(tree: &Tree<'_>, per_call: f64, figures: &str, table: &Table, key: &Constraint, reference: &Reference) -> Draft {
    let context = tree.context;
    let columns = key.columns.join(", ");
    let missing = !table.indexes.iter().any(|i| serves_equality(i, &key.columns));
    let rows = context.rows(&table.name).map_or_else(String::new, |n| format!(" ({} rows)", count(n)));
    let checks = is_of_parent(tree, reference, table);
    let object = tree.explained.object();
    if checks && missing {
        let message = format!("the foreign key {} takes {figures}: no index of {} starts with ({columns})", key.name, table.name);
        let why = format!(
            "For every row of {} that goes or changes its key, PostgreSQL has to find the rows of {} that refer to it, with a query of its own behind the \
             foreign key {}. No index of {} starts with ({columns}), so each of these queries reads the whole table{rows}: {} per row. The plan above shows \
             none of it; only the trigger's line does.",
            reference.table,
            table.name,
            key.name,
            table.name,
            ms(per_call)
        );
        let mut names = Names::of(context.catalog);
        let fix = create_index(context.catalog, &mut names, context, table, &key.columns);
        return Draft::new(object, message, why).evidence("foreign key", key.definition.clone(), "pg_constraint").fix(fix);
    }
    let (side, other) = if checks { ("refer to", &table.name) } else { ("are referred to", &reference.table) };
    let message = format!("the foreign key {} takes {figures}", key.name);
    let mut why = format!(
        "Each written row sets off a query of its own behind the foreign key {}, which looks in {other} for the rows that {side}: {} each. An index serves that \
         query, so the time is the number of rows, not the search.",
        key.name,
        ms(per_call)
    );
    if per_call >= SLOW_CALL_MS {
        why.push_str(" A look-up through an index takes a fraction of that: rows that many other rows refer to (ON DELETE actions write them), blocks read from disk, or waits for a lock are what is left.");
    } else {
        why.push_str(" Writing in larger batches does not change it; fewer rows, or loading before the constraint is added, does.");
    }
    Draft::new(object, message, why).evidence("foreign key", key.definition.clone(), "pg_constraint")
}

fn of_trigger(explained: &Explained, trigger: &TriggerTime, per_call: f64, figures: &str) -> Draft {
    let name = name_of(trigger);
    let on = trigger.relation.as_ref().map_or_else(String::new, |r| format!(" on {r}"));
    let each = if trigger.calls > 1.5 { "once per row" } else { "once" };
    let why = format!(
        "The statement itself is done in the rest of the time; the trigger {name}{on} ran {each}, {} each. What a trigger does (queries of its own, calls of \
         functions) is not part of the plan above. A trigger FOR EACH ROW pays per row: where it only writes an audit row or a sum, one FOR EACH STATEMENT with \
         a transition table (REFERENCING NEW TABLE) does the same in one query.",
        ms(per_call)
    );
    Draft::new(explained.object(), format!("the trigger {name}{on} takes {figures}"), why)
}
