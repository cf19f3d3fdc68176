//! `plan/parallelism-unused`: see `parallelism_unused.md` for the rule's page.

use super::tree::{Seat, Tree};
use super::wording::{ms, rows};
use crate::condition::tokens;
use crate::figures::{count, percent};
use architrave_model::catalog::{Function, FunctionKind, Parallel, Volatility};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::quote_ident;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/parallelism-unused",
    summary: "large scan that one process does alone, though others could help",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("parallelism_unused.md"),
    check: Check::Plan(check),
};

/// Milliseconds of a scan below which starting workers hardly pays (each takes some milliseconds to start).
const LEAST_MS: f64 = 200.0;
/// Planner cost of a scan: a hundred times `parallel_setup_cost`.
const LEAST_COST: f64 = 100_000.0;
/// The busiest process against an even share: two processes did the work of four.
const SKEW: f64 = 2.0;

/// Why one process does the work.
enum Reason<'a> {
    /// A setting is 0.
    Setting(&'static str),
    /// A function that is not declared safe to run in a worker.
    Function(&'a Function),
    /// The workers were there, and one process had nearly all rows: its rows, all rows, processes.
    Skew(f64, f64, f64),
}

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let parallel = tree.seats().iter().any(|s| s.node.kind.starts_with("Gather"));
    let found = tree.heaviest(|s| is_large(s) && reason(&tree, s, parallel).is_some(), |s| tree.weight(s));
    let Some((seat, others)) = found.split_first() else { return };
    if let Some(reason) = reason(&tree, seat, parallel) {
        sink.report(tree.with_others(draft(&tree, seat, &reason), others, |s| tree.label(s)));
    }
}

fn is_large(seat: &Seat<'_>) -> bool {
    let large = seat.own_ms.map_or(seat.own_cost >= LEAST_COST, |ms| ms >= LEAST_MS);
    large && matches!(seat.node.kind.as_str(), "Seq Scan" | "Bitmap Heap Scan" | "Index Only Scan" | "Index Scan")
}

fn reason<'a>(tree: &Tree<'a>, seat: &Seat<'_>, parallel: bool) -> Option<Reason<'a>> {
    if parallel {
        return skew(seat);
    }
    // What writes or locks rows is never parallel, whatever the settings.
    if tree.seats().iter().any(|s| matches!(s.node.kind.as_str(), "ModifyTable" | "LockRows")) || seat.runs > 1.0 {
        return None;
    }
    let off = |name: &&str| tree.setting(name) == Some("0");
    if let Some(name) = ["max_parallel_workers_per_gather", "max_parallel_workers", "max_worker_processes"].iter().find(|n| off(n)) {
        return Some(Reason::Setting(name));
    }
    unsafe_function(tree).map(Reason::Function)
}

/// Rows of the processes of a parallel scan, when one of them had more than twice its share.
fn skew<'a>(seat: &Seat<'_>) -> Option<Reason<'a>> {
    let shared = seat.node.parallel_aware == Some(true) && seat.processes >= 3.0;
    let all = seat.rows().filter(|_| shared && !seat.node.workers.is_empty())?;
    let workers: Vec<f64> = seat.node.workers.iter().filter_map(|w| Some(w.actual_rows? * w.loops.unwrap_or(1.0))).collect();
    let leader = (all - workers.iter().sum::<f64>()).max(0.0);
    let most = workers.into_iter().fold(leader, f64::max);
    (all > 0.0 && most >= SKEW * all / seat.processes).then_some(Reason::Skew(most, all, seat.processes))
}

/// A function of the user's that the plan calls and that is not declared PARALLEL SAFE, which keeps the whole statement serial.
fn unsafe_function<'a>(tree: &Tree<'a>) -> Option<&'a Function> {
    let mut texts: Vec<&str> = Vec::new();
    for seat in tree.seats() {
        texts.extend(seat.conditions());
        texts.extend(seat.node.output.iter().chain(&seat.node.sort_key).chain(&seat.node.group_key).map(String::as_str));
    }
    let mut called = std::collections::BTreeSet::new();
    for text in texts {
        let tokens = tokens(text);
        for pair in tokens.windows(2) {
            if let [name, open] = pair
                && name.is_name()
                && open.is_sign("(")
            {
                called.insert(name.text.clone());
            }
        }
    }
    let catalog = tree.context.catalog;
    let alone = |f: &Function| catalog.functions.iter().filter(|other| other.name.name == f.name.name).count() == 1;
    catalog
        .functions
        .iter()
        .find(|f| f.kind == FunctionKind::Function && f.parallel == Parallel::Unsafe && called.contains(&f.name.name) && alone(f))
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>, reason: &Reason<'_>) -> Draft {
    let weight = tree.weight(seat);
    let label = tree.label(seat);
    let work = format!("{} is {}", label, weight.words());
    let (message, why, fix, source) = match reason {
        Reason::Setting(name) => (
            format!("{label} runs in one process: {name} is 0"),
            format!(
                "PostgreSQL can share a large scan among several processes, and does so by itself where it pays; {name} = 0 forbids it. {work}: with two workers beside the leader it takes about a third of that, \
                 as long as processors are idle."
            ),
            (*name == "max_parallel_workers_per_gather").then(|| allow_workers(tree)),
            ("setting", (*name).to_owned(), "pg_settings"),
        ),
        Reason::Function(function) => (
            format!("{label} runs in one process: {} is not declared PARALLEL SAFE", function.name),
            format!(
                "A function is taken for unsafe in a worker process unless its definition says otherwise, and one such call anywhere in the statement keeps all of it in one process. {work}. If {} only computes (writes nothing, \
                 uses no sequence, no temporary table and no session state), say so.",
                function.name
            ),
            safe(function),
            ("function", function.name.to_string(), "pg_proc.proparallel"),
        ),
        Reason::Skew(most, all, processes) => (
            format!("one of {} processes did {} of {}", count(*processes), percent(most / all), label),
            format!(
                "{} processes shared the scan, and one of them found {} of {}: the others were done early and the statement waited for it. {work}. PostgreSQL hands out pages, not rows, so rows that match close together \
                 (one customer's, one day's) fall to one process.",
                count(*processes),
                rows(*most),
                rows(*all)
            ),
            None,
            ("rows of the busiest process", count(*most), "EXPLAIN (ANALYZE, VERBOSE)"),
        ),
    };
    let severity = match reason {
        Reason::Skew(..) => weight.severity().lowered(),
        _ => weight.severity().min(Severity::Medium),
    };
    let draft = Draft::new(tree.explained.object(), message, why).severity(severity).evidence(source.0, source.1, source.2);
    let draft = match seat.own_ms {
        Some(own) => draft.evidence("time in one process", ms(own), "EXPLAIN ANALYZE"),
        None => draft,
    };
    let draft = tree.with_place(draft, seat, weight);
    match fix {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}

/// PostgreSQL's own default, for the session that runs the statement.
fn allow_workers(tree: &Tree<'_>) -> Fix {
    let workers = tree.setting("max_worker_processes").unwrap_or("8");
    Fix {
        title: "allow two parallel workers for this statement".to_owned(),
        up: vec!["set max_parallel_workers_per_gather = 2".to_owned()],
        down: vec!["reset max_parallel_workers_per_gather".to_owned()],
        transactional: true,
        effect: Effect::default(),
        caution: Some(format!(
            "for reports rather than for the many short statements of an application: each worker takes a processor and its own work_mem, out of {workers} worker processes in all"
        )),
    }
}

fn safe(function: &Function) -> Option<Fix> {
    if function.volatility == Volatility::Volatile {
        return None;
    }
    let name = QualifiedName::new(&function.name.schema, &function.name.name);
    let sql = format!("{}.{}({})", quote_ident(&name.schema), quote_ident(&name.name), function.identity_arguments);
    Some(Fix {
        title: format!("declare {name} parallel safe"),
        up: vec![format!("alter function {sql} parallel safe")],
        down: vec![format!("alter function {sql} parallel unsafe")],
        transactional: true,
        effect: Effect::default(),
        caution: Some(
            "read the function first: declared safe although it writes or keeps session state, it fails or gives wrong answers in a worker"
                .to_owned(),
        ),
    })
}
