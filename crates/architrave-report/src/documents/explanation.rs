//! The document of an explained statement: the plan as a picture, what is wrong with it in words, what was tried.

use super::findings::mend;
use super::{Document, DocumentSection, column, paragraph, value};
use crate::format;
use crate::report::{Block, Table};
use crate::text::{Text, code, prose, say, strong};
use architrave_model::Finding;
use architrave_model::explained::PlanOrigin;
use architrave_model::explanation::{Explanation, Outcome, PlanTrial, RewriteTrial};
use architrave_model::finding::{Evidence, Severity, Verdict};
use architrave_model::plan::Plan;

/// Other statements named per trial.
const OTHERS: usize = 8;

/// The document.
pub fn explanation(e: &Explanation) -> Document {
    let mut sections = vec![DocumentSection { title: String::new(), blocks: head(e) }];
    let mut section = |title: &str, blocks: Vec<Block>| {
        if !blocks.is_empty() {
            sections.push(DocumentSection { title: title.to_owned(), blocks });
        }
    };
    section("The plan", vec![drawn(e, "plan", &e.plan, None)]);
    section("What is wrong with it", findings(e));
    section("Tried on the twin", e.trials.iter().enumerate().flat_map(|(at, t)| trial(e, at, t)).collect());
    section("Other ways to write it", e.rewrites.iter().enumerate().flat_map(|(at, r)| rewrite(e, at, r)).collect());
    section("With other values", alternatives(e));
    section("With more data", growth(e));
    section("What this could not know", gaps(e));
    Document { title: "Plan".to_owned(), subject: e.name.clone(), sections }
}

/// A picture; what the rules say of a single node of the statement's own plan stands beside that node.
fn drawn(e: &Explanation, what: &str, plan: &Plan, after: Option<&Plan>) -> Block {
    let name: String = format!("{}-{what}", e.name).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    Block::Plan { name, notes: Vec::new(), plan: Box::new(plan.clone()), after: after.map(|a| Box::new(a.clone())) }
}

fn head(e: &Explanation) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(statement) = &e.statement {
        blocks.push(Block::Sql { text: statement.clone() });
    }
    let root = &e.plan.root;
    let measured = match (e.plan.execution_ms.or(root.actual_ms), e.plan.planning_ms) {
        (Some(run), Some(plan)) => format!("ran {}, planned {}; ", format::milliseconds(run), format::milliseconds(plan)),
        (Some(run), None) => format!("ran {}; ", format::milliseconds(run)),
        _ => String::new(),
    };
    let origin = match (e.origin, &e.target) {
        (PlanOrigin::Twin, Some(target)) => format!(", as {target} would plan it (planned on its twin, nothing was run)"),
        (PlanOrigin::Given, Some(target)) => format!("; changes were tried on the twin of {target}"),
        (PlanOrigin::Given | PlanOrigin::Twin, None) => String::new(),
    };
    let calls = e.calls.map_or_else(String::new, |n| format!("; {} calls", format::count(n)));
    blocks.push(paragraph(format!(
        "{measured}cost {}, {} expected{calls}{origin}.",
        format::count(root.total_cost),
        format::plural_f(root.rows, "row", "rows")
    )));
    blocks.push(paragraph(verdict(e)));
    blocks
}

/// The answer in one line.
fn verdict(e: &Explanation) -> Text {
    let best_trial = e.trials.iter().find(|t| t.verdict == Outcome::Proved).map(|t| (t.title.clone(), t.cost_after));
    let best_rewrite = e.rewrites.iter().find(|r| r.verdict == Outcome::Proved).and_then(|r| Some((r.title.clone(), r.cost_after?)));
    let best = [best_trial, best_rewrite].into_iter().flatten().min_by(|a, b| a.1.total_cmp(&b.1));
    match best {
        Some((title, after)) => {
            let before = e.plan.root.total_cost;
            say!("{} brings the cost from {} to {}.", strong(capital(&title)), format::count(before), format::count(after))
        }
        None if e.target.is_none() => "Only the rules looked at it: without a database nothing could be tried.".into(),
        None if e.findings.iter().any(|f| f.severity > Severity::Info) => {
            "Nothing that was tried makes it cheaper; see below what stands out.".into()
        }
        None => "Nothing stands out, and nothing that was tried makes it cheaper.".into(),
    }
}

pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

fn findings(e: &Explanation) -> Vec<Block> {
    if e.findings.is_empty() {
        return vec![paragraph("No rule about plans finds fault with it.")];
    }
    e.findings.iter().flat_map(finding).collect()
}

fn finding(f: &Finding) -> Vec<Block> {
    let mut blocks = vec![Block::Heading { text: say!("{} {}", f.severity, prose(&f.message)), anchor: None }, paragraph(prose(&f.why))];
    let items: Vec<Text> = f.evidence.iter().map(evidence).collect();
    if !items.is_empty() {
        blocks.push(Block::List { items });
    }
    blocks.extend(mend(f, "the twin"));
    blocks.push(paragraph(say!("More: {}", code(format!("architrave rules {}", f.rule)))));
    blocks
}

fn evidence(e: &Evidence) -> Text {
    say!("{}: {}", prose(&e.fact), value(&e.value))
}

fn cost_change(before: f64, after: f64) -> String {
    let factor = before / after.max(f64::MIN_POSITIVE);
    let times = if factor >= 1.5 { format!(", {} times cheaper", format::short((factor * 10.0).round() / 10.0)) } else { String::new() };
    format!("cost {} → {}{times}", format::count(before), format::count(after))
}

fn trial(e: &Explanation, at: usize, t: &PlanTrial) -> Vec<Block> {
    let mut blocks = vec![Block::Heading { text: say!("{}: {}", prose(&capital(&t.title)), Verdict::from(t.verdict)), anchor: None }];
    let size = t.bytes.map_or_else(String::new, |b| format!(", about {}", format::bytes(b)));
    let words = match (&t.reason, t.verdict) {
        (None, _) => format!("{}{size}.", cost_change(t.cost_before, t.cost_after)),
        (Some(reason), Outcome::Unknown) => format!("{}.", reason.trim_end_matches('.')),
        (Some(reason), _) => format!("{}: {}.", cost_change(t.cost_before, t.cost_after), reason.trim_end_matches('.')),
    };
    blocks.push(paragraph(words));
    if !t.statements.is_empty() {
        blocks.push(Block::Sql { text: t.statements.iter().map(|s| format!("{s};")).collect::<Vec<_>>().join("\n") });
    }
    if let Some(after) = t.plan_after.as_ref().filter(|_| t.verdict == Outcome::Proved) {
        blocks.push(drawn(e, &format!("trial-{at}"), &e.plan, Some(after)));
    }
    if !t.others.is_empty() {
        let items = t
            .others
            .iter()
            .take(OTHERS)
            .map(|o| say!("{} {}: {}", code(&o.id), cost_change(o.cost_before, o.cost_after), code(format::cut(&o.text, 90))));
        let items: Vec<Text> = items.collect();
        let more = if t.others.len() > OTHERS { format!(" ({} more)", t.others.len() - OTHERS) } else { String::new() };
        blocks.push(paragraph(format!("Other statements of the workload that it changes{more}:")));
        blocks.push(Block::List { items });
    }
    blocks
}

fn rewrite(e: &Explanation, at: usize, r: &RewriteTrial) -> Vec<Block> {
    let mut blocks = vec![Block::Heading { text: say!("{}: {}", prose(&capital(&r.title)), Verdict::from(r.verdict)), anchor: None }];
    let cost = r.cost_after.map_or_else(String::new, |after| format!("; {}", cost_change(r.cost_before, after)));
    blocks.push(paragraph(format!("{}{cost}.", capital(r.comparison.trim_end_matches('.')))));
    if r.counter_example.is_empty() {
        blocks.push(Block::Sql { text: r.sql.clone() });
    } else {
        blocks.push(paragraph("Rows that tell the two apart:"));
        blocks.push(Block::Sql { text: r.counter_example.iter().map(|s| format!("{s};")).collect::<Vec<_>>().join("\n") });
    }
    if let Some(after) = r.plan_after.as_ref().filter(|_| r.verdict == Outcome::Proved) {
        blocks.push(drawn(e, &format!("rewrite-{at}"), &e.plan, Some(after)));
    }
    blocks
}

fn alternatives(e: &Explanation) -> Vec<Block> {
    if e.alternatives.is_empty() {
        return Vec::new();
    }
    let rows = e.alternatives.iter().map(|a| {
        vec![
            a.choice.clone().into(),
            format::count(a.plan.root.total_cost).into(),
            format::count(a.plan.root.rows).into(),
            crate::present::plan_outline(&a.plan).into(),
        ]
    });
    let columns = vec![column("Parameters", false), column("Cost", true), column("Rows", true), column("Plan", false)];
    vec![Block::Table(Table { columns, rows: rows.collect(), more: None })]
}

fn growth(e: &Explanation) -> Vec<Block> {
    if e.growth.is_empty() {
        return Vec::new();
    }
    let rows = e.growth.iter().map(|g| {
        let judged = match (g.flips, g.cost_factor > g.factor * 1.25) {
            (true, true) => "another plan, and dearer than the data grows",
            (true, false) => "another plan",
            (false, true) => "the same plan, but dearer than the data grows",
            (false, false) => "the same plan, no dearer than the data grows",
        };
        vec![
            format!("{}×", format::short(g.factor)).into(),
            format::count(g.cost).into(),
            format!("{}×", format::short((g.cost_factor * 10.0).round() / 10.0)).into(),
            judged.into(),
        ]
    });
    let columns = vec![column("Data", true), column("Cost", true), column("Growth of the cost", true), column("Verdict", false)];
    let mut blocks = vec![Block::Table(Table { columns, rows: rows.collect(), more: None })];
    for g in &e.growth {
        if let Some(plan) = &g.plan {
            blocks.push(paragraph(format!("The plan at {} times the data:", format::short(g.factor))));
            blocks.push(drawn(e, &format!("grown-{}", g.factor), plan, None));
        }
    }
    blocks
}

fn gaps(e: &Explanation) -> Vec<Block> {
    let item = |g: &architrave_model::Gap| {
        let remedy = g.remedy.as_deref().map_or_else(String::new, |r| format!("; {r}"));
        say!("{}: {}{}", g.what.clone(), prose(&g.why), remedy)
    };
    let items: Vec<Text> = e.gaps.iter().map(item).collect();
    if items.is_empty() { Vec::new() } else { vec![Block::List { items }] }
}
