//! The document of index advice: what to do, what it brings, what it costs, what stays.

use super::{Document, DocumentSection, column, listed, paragraph};
use crate::format;
use crate::report::{Block, Column, Table};
use crate::text::{Text, code, codes, prose, say, strong};
use architrave_model::index_advice::{AdviceSummary, IndexAction, IndexAdvice, IndexStep, QueryChange, SearchEnd};
use architrave_model::index_report::{IndexReport, Verification};

/// Queries named per step.
const NAMED: usize = 6;
/// A larger budget is worth naming when all candidates together leave less than this share of the cost.
const WORTH_A_BUDGET: f64 = 0.95;
/// Rows of long tables.
const ROWS: usize = 40;

/// The document.
pub fn index_plan(report: &IndexReport) -> Document {
    let advice = &report.advice;
    let mut sections = vec![DocumentSection { title: String::new(), blocks: summary(report) }];
    let mut section = |title: &str, blocks: Vec<Block>| {
        if !blocks.is_empty() {
            sections.push(DocumentSection { title: title.to_owned(), blocks });
        }
    };
    let steps: Vec<Block> = advice.steps.iter().enumerate().flat_map(|(at, s)| step(at + 1, s)).collect();
    section("The plan", if steps.is_empty() { vec![nothing(report)] } else { steps });
    section("Executed on generated rows", report.verification.as_ref().map(verification).unwrap_or_default());
    section("Statements", statements(report));
    section("Indexes that already serve", serving(advice));
    section("Not recommended", withheld(advice));
    section("Kept although no statement uses them", kept(advice));
    section("Statements that could not be planned", refused(report));
    section("What this could not know", unknowns(report));
    Document { title: "Index plan".to_owned(), subject: report.target.clone(), sections }
}

fn cost(n: f64) -> String {
    format::count(n)
}

fn summary(report: &IndexReport) -> Vec<Block> {
    let s = &report.advice.summary;
    let n = report.statements.len();
    let planned = format::plural(n, "statement", "statements");
    let mut blocks = vec![paragraph(say!(
        "{} of {} planned on the twin; cost (calls times planner cost) now {}.",
        planned,
        report.workload.clone(),
        cost(s.cost_before)
    ))];
    if report.advice.steps.iter().any(|s| s.action != IndexAction::Drop) {
        blocks.push(paragraph(gain(s)));
    }
    let dropped = report.advice.steps.iter().filter(|s| s.action == IndexAction::Drop).count();
    if dropped > 0 {
        let freed = if s.bytes_dropped > 0.0 { format!(", {} freed", format::bytes(s.bytes_dropped as i64)) } else { String::new() };
        blocks.push(paragraph(format!("{} can go{freed}.", format::plural(dropped, "index", "indexes"))));
    }
    let search = &report.advice.search;
    let end = match search.end {
        SearchEnd::Finished => "no further step helps",
        SearchEnd::TimeUp => "the time limit ended the search: more time may find more",
    };
    blocks.push(paragraph(format!(
        "{} candidates tried, {} plans asked of PostgreSQL; {end}.",
        format::count(search.candidates as f64),
        format::count(search.planned as f64)
    )));
    blocks
}

fn gain(s: &AdviceSummary) -> Text {
    let budget = s.budget.map_or_else(String::new, |b| format!(" of a budget of {}", format::bytes(b as i64)));
    say!(
        "With the plan {} of that cost is left; with every candidate index at once it would be {}, so the plan reaches {} of what indexes can do, in {}{}.",
        strong(format::percent(s.cost_left())),
        format::percent(if s.cost_before > 0.0 { s.cost_bound / s.cost_before } else { 1.0 }),
        format::percent(s.achieved()),
        format::bytes(s.bytes_created as i64),
        budget
    )
}

fn nothing(report: &IndexReport) -> Block {
    let s = &report.advice.summary;
    let words = match s.budget {
        _ if report.statements.is_empty() => "There was no statement to plan for.".to_owned(),
        Some(budget) if s.cost_bound < s.cost_before * WORTH_A_BUDGET => format!(
            "Nothing to create within the budget of {}, and nothing to drop. With every candidate index at once {} of the cost would be left: a larger --budget may find more.",
            format::bytes(budget as i64),
            format::percent(s.cost_bound / s.cost_before)
        ),
        _ => "Nothing to create and nothing to drop: no candidate made the workload cheaper by more than it costs.".to_owned(),
    };
    paragraph(words)
}

fn step(number: usize, step: &IndexStep) -> Vec<Block> {
    let name = step.index.as_ref().map_or_else(String::new, |i| i.name.clone());
    let verb = match step.action {
        IndexAction::Create => "Create",
        IndexAction::Replace => "Replace by",
        IndexAction::Merge => "Merge into",
        IndexAction::Drop => "Drop",
    };
    let size = step.bytes.map_or_else(String::new, |b| format!(", {}", format::bytes(b as i64)));
    let mut blocks = vec![Block::Heading { text: say!("{}. {} {}{}", number, verb, code(&name), size), anchor: None }];
    blocks.push(Block::Sql { text: step.up.iter().map(|s| format!("{s};")).collect::<Vec<_>>().join("\n") });
    let mut items: Vec<Text> = step.because.iter().map(|b| prose(b)).collect();
    if !step.replaces.is_empty() {
        items.push(say!("Takes the place of {}.", codes(&step.replaces, 8)));
    }
    if step.saves >= 1.0 {
        items.push(say!("Saves {} of cost over the workload, upkeep taken off.", cost(step.saves)));
    }
    if !step.helps.is_empty() {
        items.push(say!("Helps {}.", changes(&step.helps)));
    }
    // What is the same in figures is no harm worth a word.
    let hurts: Vec<QueryChange> = step.hurts.iter().filter(|c| cost(c.before) != cost(c.after)).cloned().collect();
    if !hurts.is_empty() {
        items.push(say!("Hurts {}.", changes(&hurts)));
    }
    if step.upkeep.weighed && step.upkeep.entries > 0.0 {
        let hot = if step.upkeep.hot_updates_lost > 0.0 {
            format!(", and {} heap-only updates become ordinary ones", cost(step.upkeep.hot_updates_lost))
        } else {
            String::new()
        };
        items.push(say!("Upkeep: {} to write over the period{}.", format::plural_f(step.upkeep.entries, "entry", "entries"), hot));
    }
    items.extend(step.cautions.iter().map(|c| say!("Before you do it: {}", prose(c))));
    blocks.push(Block::List { items });
    if !step.down.is_empty() {
        blocks.push(paragraph(say!("The way back: {}", code(step.down.join("; ")))));
    }
    blocks
}

fn changes(changes: &[QueryChange]) -> Text {
    let shown: Vec<Text> = changes.iter().map(|c| say!("{} ({} → {})", code(&c.query), cost(c.before), cost(c.after))).collect();
    crate::text::list(&shown, NAMED)
}

fn statements(report: &IndexReport) -> Vec<Block> {
    let columns = vec![
        column("Id", false),
        column("Calls", true),
        column("Cost now", true),
        column("With the plan", true),
        column("Lowest possible", true),
        column("Uses", false),
        column("Statement", false),
    ];
    let text = |id: &str| report.statements.iter().find(|s| s.id == id).map_or("", |s| s.text.as_str());
    let row = |q: &architrave_model::index_advice::QueryEffect| {
        vec![
            code(&q.query),
            cost(q.calls).into(),
            cost(q.before).into(),
            cost(q.after).into(),
            cost(q.bound).into(),
            codes(&q.uses, 3),
            format::cut(text(&q.query), 90).into(),
        ]
    };
    let rows: Vec<Vec<Text>> = report.advice.queries.iter().take(ROWS).map(row).collect();
    if rows.is_empty() { Vec::new() } else { vec![table(columns, rows, report.advice.queries.len())] }
}

fn table(columns: Vec<Column>, rows: Vec<Vec<Text>>, all: usize) -> Block {
    let more = (all > rows.len()).then(|| format!("and {} more in the JSON form", all - rows.len()));
    Block::Table(Table { columns, rows, more })
}

fn serving(advice: &IndexAdvice) -> Vec<Block> {
    let goes = |name: &str| {
        let dropped = |s: &IndexStep| s.action == IndexAction::Drop && s.index.as_ref().is_some_and(|i| i.name == name);
        advice.steps.iter().any(|s| dropped(s) || s.replaces.iter().any(|r| r == name))
    };
    let stay = advice.serving.iter().filter(|s| !goes(&s.index.name));
    let items: Vec<Text> = stay.map(|s| say!("{} serves {}", code(&s.index), codes(&s.queries, NAMED))).collect();
    listed(items)
}

fn withheld(advice: &IndexAdvice) -> Vec<Block> {
    listed(advice.withheld.iter().map(|w| say!("{}: {}", code(&w.create), prose(&w.reason))).collect())
}

fn kept(advice: &IndexAdvice) -> Vec<Block> {
    let size = |b: Option<f64>| b.map_or_else(String::new, |b| format!(" ({})", format::bytes(b as i64)));
    listed(advice.kept.iter().map(|k| say!("{}{}: {}", code(&k.index), size(k.bytes), prose(&k.reason))).collect())
}

fn refused(report: &IndexReport) -> Vec<Block> {
    listed(report.refused.iter().map(|r| say!("{}: {}", code(format::cut(&r.text, 100)), r.reason.clone())).collect())
}

fn unknowns(report: &IndexReport) -> Vec<Block> {
    let mut items: Vec<Text> = report.advice.unknowns.iter().map(|u| prose(u)).collect();
    items.extend(report.gaps.iter().map(|g| {
        let remedy = g.remedy.as_deref().map_or_else(String::new, |r| format!("; {r}"));
        say!("{}: {}{}", g.what.clone(), prose(&g.why), remedy)
    }));
    listed(items)
}

fn verification(v: &Verification) -> Vec<Block> {
    let share = if v.scale < 0.999 { format!(" ({} of the source's)", format::percent(v.scale)) } else { String::new() };
    let mut blocks = vec![paragraph(format!(
        "{} rows{share} that follow the statistics were generated on a scratch database, the indexes built and the statements run.",
        cost(v.rows)
    ))];
    if v.ms_before > 0.0 {
        blocks.push(paragraph(say!(
            "Calls times time: {} without the plan, {} with it ({}).",
            format::milliseconds(v.ms_before),
            format::milliseconds(v.ms_after),
            strong(format::percent(v.ms_after / v.ms_before))
        )));
    }
    blocks.extend(listed(v.withdrawn.iter().map(|w| say!("{} is withdrawn: {}", code(&w.name), prose(&w.reason))).collect()));
    let built: Vec<Vec<Text>> = v
        .indexes
        .iter()
        .map(|i| {
            vec![
                code(&i.name),
                format::milliseconds(i.build_ms).into(),
                format::bytes(i.bytes as i64).into(),
                format::bytes(i.wal_bytes as i64).into(),
                i.used_by.len().into(),
            ]
        })
        .collect();
    if !built.is_empty() {
        let columns =
            vec![column("Index", false), column("Build", true), column("Size", true), column("WAL", true), column("Used by", true)];
        let all = built.len();
        blocks.push(table(columns, built, all));
    }
    blocks.push(runs(v));
    blocks.extend(listed(v.notes.iter().map(|n| prose(n)).collect()));
    blocks
}

fn runs(v: &Verification) -> Block {
    let short = |n: f64| if n < 1.0 { format!("{n:.2} ms") } else { format::milliseconds(n) };
    let ms = |n: Option<f64>| n.map_or_else(|| "–".to_owned(), short);
    let blocks = |n: Option<f64>| n.map_or_else(|| "–".to_owned(), format::count);
    let rows: Vec<Vec<Text>> = v
        .statements
        .iter()
        .take(ROWS)
        .map(|s| {
            vec![
                code(&s.id),
                ms(s.ms_before).into(),
                ms(s.ms_after).into(),
                blocks(s.blocks_before).into(),
                blocks(s.blocks_after).into(),
                s.verdict.clone().into(),
            ]
        })
        .collect();
    let columns = vec![
        column("Statement", false),
        column("Time before", true),
        column("After", true),
        column("Blocks before", true),
        column("After", true),
        column("Verdict", false),
    ];
    table(columns, rows, v.statements.len())
}
