//! `trigger/complex-logic`: see `complex_logic.md` for the rule's page.

use super::chain::{Bodies, Body};
use super::fires;
use crate::body::Token;
use crate::figures::{counted, list_of};
use architrave_model::catalog::{Table, Trigger};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "trigger/complex-logic",
    summary: "business logic in triggers, measured: lines, branches, tables written, chains",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Large,
    area: Area::Modeling,
    docs: include_str!("complex_logic.md"),
    check: Check::Catalog(check),
};

/// A function is much from here on.
const LINES: usize = 80;
const BRANCHES: usize = 10;
const TABLES: usize = 4;
/// Triggers that fire one another from here on.
const DEPTH: usize = 3;

/// A trigger with its figures.
struct Measured<'a> {
    table: &'a Table,
    trigger: &'a Trigger,
    lines: usize,
    branches: usize,
    writes: usize,
    depth: usize,
}

impl Measured<'_> {
    fn is_much(&self) -> bool {
        self.lines >= LINES || self.branches >= BRANCHES || self.writes >= TABLES || self.depth >= DEPTH
    }
}

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut bodies = None;
    let mut much: Vec<Measured<'_>> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut all = 0;
    for table in Scope::of(catalog, context).tables() {
        for trigger in table.triggers.iter().filter(|t| fires(t) && !t.inherited) {
            all += 1;
            let bodies = bodies.get_or_insert_with(|| Bodies::of(catalog));
            let Some(body) = bodies.get(trigger) else { continue };
            let measured = measure(catalog, bodies, table, trigger, body);
            // A function that many tables share counts once, a chain wherever it begins.
            if measured.is_much() && (measured.depth >= DEPTH || seen.insert(&trigger.function)) {
                much.push(measured);
            }
        }
    }
    if !much.is_empty() {
        sink.report(draft(context, &much, all));
    }
}

fn measure<'a>(catalog: &'a Catalog, bodies: &Bodies<'a>, table: &'a Table, trigger: &'a Trigger, body: &Body<'_>) -> Measured<'a> {
    let writes: BTreeSet<_> = body.writes.iter().map(|(name, _)| *name).collect();
    Measured {
        table,
        trigger,
        lines: body.function.body.lines().filter(|l| !l.trim().is_empty() && !l.trim_start().starts_with("--")).count(),
        branches: branches(&body.tokens),
        writes: writes.len(),
        depth: bodies.depth(catalog, table, trigger),
    }
}

/// `if`, `elsif`, `when` and loops; the words of their ends do not count.
fn branches(body: &[Token]) -> usize {
    let opens = |at: usize| {
        let ends = at.checked_sub(1).and_then(|b| body.get(b)).is_some_and(|t| t.is("end"));
        !ends && body.get(at).is_some_and(|t| ["if", "elsif", "elseif", "when", "loop"].iter().any(|w| t.is(w)))
    };
    (0..body.len()).filter(|at| opens(*at)).count()
}

fn draft(context: &Context<'_>, much: &[Measured<'_>], all: usize) -> Draft {
    let names: Vec<String> = much.iter().map(|m| format!("{} on {}", m.trigger.name, m.table.name)).collect();
    let most = |of: fn(&Measured<'_>) -> usize| much.iter().map(of).max().unwrap_or(0);
    let (lines, branches, writes, depth) = (most(|m| m.lines), most(|m| m.branches), most(|m| m.writes), most(|m| m.depth));
    let message = format!(
        "{} of {all} triggers {} more than a trigger should: {}",
        much.len(),
        if much.len() == 1 { "does" } else { "do" },
        list_of(&names, 3)
    );
    let why = format!(
        "Up to {} of code, {}, {} written and {} that fire one another, inside whatever statement happened to write a row: it runs in the writer's transaction, holds its locks, is seen \
         in no stack trace and tested by few. Keep in triggers what has to hold for every writer; let the program, or a function that it calls, do the rest.",
        counted(lines, "line", "lines"),
        counted(branches, "branch", "branches"),
        counted(writes, "table", "tables"),
        counted(depth, "trigger", "triggers")
    );
    let severity = if depth >= DEPTH || lines >= 3 * LINES { Severity::Low } else { RULE.severity };
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Database, context.server.database.clone()), message, why)
        .severity(severity)
        .evidence("lines of the longest", lines, "pg_proc.prosrc")
        .evidence("branches of the most branched", branches, "pg_proc.prosrc")
        .evidence("tables that one writes", writes, "pg_proc.prosrc")
        .evidence("triggers in a chain", depth, "pg_trigger, pg_proc.prosrc");
    for m in much {
        let detail =
            format!("{} lines, {} branches, writes {}, chain of {}", m.lines, m.branches, counted(m.writes, "table", "tables"), m.depth);
        draft = draft.place(ObjectRef::in_table(ObjectKind::Trigger, &m.table.name, &m.trigger.name), Some(detail));
    }
    draft
}
