//! What planning a target's workload on its twin has shown, as blocks of the sections.

use crate::charts;
use crate::format::{bytes, count, cut, percent, plural, plural_f, short};
use crate::report::{Block, PlanView};
use crate::sections::{first, para, table_of, with_chart};
use crate::text::{Text, code, list, say};
use architrave_model::brief::Brief;
use architrave_model::finding::Finding;
use architrave_model::index_advice::{IndexAction, IndexAdvice, IndexStep, SearchEnd};
use architrave_model::name::ObjectKind;
use architrave_model::on_twin::{OnTwin, StatementGrowth};
use architrave_model::plan::Plan;
use architrave_model::review::{Review, Target};
use architrave_model::stats::Stats;
use std::collections::{BTreeMap, BTreeSet};

/// Costs that differ by less are in step with the data: planner costs are rounded guesses.
pub(crate) const EXCESS: f64 = 1.5;
/// The rule whose findings compare a plan with that over more data.
const GROWS: &str = "plan/grows-faster-than-data";
/// How the rules end that speak of the index plan.
const FOR_WORKLOAD: &str = "-for-workload";
/// Statements shown of a workload.
const SHOWN: usize = 8;

/// A planned statement with its weight.
struct Weighed<'a> {
    id: &'a str,
    text: &'a str,
    calls: f64,
    /// Planner cost of one call; none when no plan of it was kept.
    cost: Option<f64>,
}

impl Weighed<'_> {
    fn weight(&self) -> f64 {
        self.cost.unwrap_or(0.0) * self.calls
    }
}

/// The statements of the workload, the one with the largest share of its cost first.
fn weighed<'a>(target: &'a Target, on_twin: &'a OnTwin) -> Vec<Weighed<'a>> {
    let mut costs: BTreeMap<&str, f64> = BTreeMap::new();
    costs.extend(on_twin.growth.iter().map(|g| (g.query.as_str(), g.cost_now)));
    costs.extend(on_twin.advice.iter().flat_map(|a| &a.queries).map(|q| (q.query.as_str(), q.before)));
    costs.extend(target.explained.iter().map(|e| (e.name.as_str(), e.plan.root.total_cost)));
    let mut all: Vec<Weighed<'_>> = on_twin
        .statements
        .iter()
        .map(|s| Weighed { id: &s.id, text: &s.text, calls: s.calls, cost: costs.get(s.id.as_str()).copied() })
        .collect();
    all.sort_by(|a, b| b.weight().total_cmp(&a.weight()).then(a.id.cmp(b.id)));
    all
}

/// Section 3: the workload as planned, and what could not be.
pub(crate) fn statements(target: &Target, blocks: &mut Vec<Block>) {
    let Some(on_twin) = &target.on_twin else { return };
    let all = weighed(target, on_twin);
    if !all.is_empty() {
        let total: f64 = all.iter().map(Weighed::weight).sum();
        blocks.push(para(format!(
            "From {}, {} planned on the twin (an empty server with the schema, sizes and statistics of this target); those with the largest share of the cost:",
            on_twin.workload,
            plural(all.len(), "statement was", "statements were")
        )));
        let rows = all.iter().map(|s| {
            vec![
                code(cut(s.text, 160)),
                percent(if total > 0.0 { s.weight() / total } else { 0.0 }).into(),
                count(s.calls).into(),
                s.cost.map_or_else(|| "unknown".into(), |c| count(c).into()),
            ]
        });
        let (rows, more) = first(rows.collect(), SHOWN, "statements");
        blocks.push(table_of(&["Planned statement", "#Share of cost", "#Calls", "#Planner cost of a call"], rows, more));
    }
    if !on_twin.refused.is_empty() {
        let shown: Vec<Text> = on_twin.refused.iter().map(|r| say!("{} ({})", code(cut(&r.text, 80)), r.reason.as_str())).collect();
        blocks.push(para(say!("{} could not be planned: {}.", plural(on_twin.refused.len(), "statement", "statements"), list(&shown, 3))));
    }
}

/// Section 1: the statements that most of the cost goes to.
pub(crate) fn dearest(target: &Target, blocks: &mut Vec<Block>) {
    let Some(on_twin) = &target.on_twin else { return };
    let all = weighed(target, on_twin);
    let total: f64 = all.iter().map(Weighed::weight).sum();
    if total <= 0.0 {
        return;
    }
    let shown: Vec<Text> = all
        .iter()
        .filter(|s| s.weight() / total >= 0.05)
        .take(3)
        .map(|s| say!("{} {}", percent(s.weight() / total), code(cut(s.text, 80))))
        .collect();
    if !shown.is_empty() {
        blocks.push(para(say!(
            "Of the workload's planner cost (calls times cost, {}): {}.",
            plural(all.len(), "statement", "statements"),
            list(&shown, 3)
        )));
    }
}

/// The plan that a finding speaks of: that of its statement, today and over more data where that is what it is about; of an index, that
/// of the statement it helps most, without and with it.
pub(crate) fn plan_of(review: &Review, number: usize, finding: &Finding) -> Option<PlanView> {
    let target = review.targets.iter().find(|t| t.name == finding.target)?;
    let plan = |query: &str| target.explained.iter().find(|e| e.name == query).map(|e| &e.plan);
    let name = format!("plan-f{number}");
    let view = |title: Text, plan: &Plan, after: Option<Box<Plan>>| PlanView {
        title,
        block: Block::Plan { name, notes: Vec::new(), plan: Box::new(plan.clone()), after },
    };
    if finding.object.kind == ObjectKind::Statement {
        let before = plan(&finding.object.name)?;
        let growth = target.on_twin.iter().flat_map(|t| &t.growth).filter(|g| g.query == finding.object.name);
        let grown = growth.filter(|_| finding.rule == GROWS).find_map(|g| Some((g.factor, g.plan_then.clone()?)));
        return Some(match grown {
            Some((factor, then)) => view(format!("Plan, today and over {} times the data", short(factor)).into(), before, Some(then)),
            None => view("Plan".into(), before, None),
        });
    }
    let on_twin = target.on_twin.as_ref().filter(|_| finding.rule.ends_with(FOR_WORKLOAD))?;
    let is_it = |s: &&IndexStep| s.index.as_ref().is_some_and(|i| i.name == finding.object.name);
    let step = on_twin.advice.as_ref()?.steps.iter().find(is_it)?;
    let helped = |query: &str| Some((plan(query)?, on_twin.improved.iter().find(|i| i.query == query)?));
    let (query, (before, after)) = step.helps.iter().find_map(|h| Some((h.query.as_str(), helped(&h.query)?)))?;
    let title = say!("Plan of {}, now and with the index plan", code(cut(on_twin.text(query), 160)));
    Some(view(title, before, Some(Box::new(after.plan.clone()))))
}

/// Section 3: the index plan in figures.
pub(crate) fn index_plan(target: &Target, blocks: &mut Vec<Block>) {
    let Some(advice) = target.on_twin.as_ref().and_then(|t| t.advice.as_ref()) else { return };
    if advice.queries.is_empty() {
        return;
    }
    blocks.push(para(outcome(advice)));
    if !advice.serving.is_empty() {
        let shown: Vec<Text> =
            advice.serving.iter().map(|s| say!("{} ({})", code(&s.index), plural(s.queries.len(), "statement", "statements"))).collect();
        blocks.push(para(say!("Existing indexes that serve the workload: {}.", list(&shown, 8))));
    }
    if !advice.kept.is_empty() {
        let shown: Vec<Text> = advice.kept.iter().map(|k| say!("{} ({})", code(&k.index), fragment(&k.reason))).collect();
        blocks.push(para(say!("No statement of the workload uses these, and they stay: {}.", list(&shown, 5))));
    }
    if !advice.withheld.is_empty() {
        let shown: Vec<Text> = advice.withheld.iter().map(|w| say!("{} ({})", code(cut(&w.create, 120)), fragment(&w.reason))).collect();
        blocks.push(para(say!("Tried on the twin and not recommended: {}.", list(&shown, 3))));
    }
    if !advice.unknowns.is_empty() {
        let shown: Vec<Text> = advice.unknowns.iter().take(4).map(|u| u.as_str().into()).collect();
        blocks.push(para("What the index plan could not take into account:"));
        blocks.push(Block::List { items: shown });
    }
}

/// A sentence as a part of another.
fn fragment(sentence: &str) -> &str {
    sentence.trim_end_matches('.')
}

/// What the steps save, how near that is to the possible, and what they take.
fn outcome(advice: &IndexAdvice) -> Text {
    let summary = &advice.summary;
    let queries = plural(advice.queries.len(), "statement", "statements");
    let tried = plural(advice.search.candidates, "candidate", "candidates");
    let end = match advice.search.end {
        SearchEnd::Finished => "",
        SearchEnd::TimeUp => " The search ended when its time was up.",
    };
    if advice.steps.is_empty() {
        return format!("No change of indexes pays for the {queries} that were planned, of {tried} tried on the twin.{end}").into();
    }
    let number = |action: IndexAction| advice.steps.iter().filter(|s| s.action == action).count();
    let kinds =
        [("create", IndexAction::Create), ("replace", IndexAction::Replace), ("merge", IndexAction::Merge), ("drop", IndexAction::Drop)];
    let kinds: Vec<Text> = kinds
        .iter()
        .map(|(word, action)| (word, number(*action)))
        .filter(|(_, n)| *n > 0)
        .map(|(word, n)| say!("{} {}", n, *word))
        .collect();
    let mut text = say!(
        "The index plan over {}, {} ({}), leaves {} of their planner cost: {} of what all {} together could save.",
        queries,
        plural(advice.steps.len(), "step", "steps"),
        list(&kinds, 4),
        percent(summary.cost_left()),
        percent(summary.achieved()),
        tried
    );
    if summary.bytes_created > 0.0 {
        text = text.then(format!(" The new indexes take about {}.", bytes(summary.bytes_created as i64)));
    }
    if summary.bytes_dropped > 0.0 {
        text = text.then(format!(" Dropped ones give back {}.", bytes(summary.bytes_dropped as i64)));
    }
    text.then(end)
}

/// Section 4: the statements over more data, and what planning cannot tell.
pub(crate) fn growth(target: &Target, at: usize, blocks: &mut Vec<Block>) {
    let Some(on_twin) = target.on_twin.as_ref().filter(|t| !t.growth.is_empty()) else { return };
    let mut factors: Vec<f64> = on_twin.growth.iter().map(|g| g.factor).collect();
    factors.sort_by(f64::total_cmp);
    factors.dedup();
    for (number, factor) in factors.into_iter().enumerate() {
        let then: Vec<&StatementGrowth> = on_twin.growth.iter().filter(|g| g.factor.total_cmp(&factor).is_eq()).collect();
        over(factor, format!("chart-statements-{at}-{number}"), then, blocks);
    }
    blocks.push(para(
        "Planning tells what a statement costs over more data. It does not tell how sessions wait for each other's locks, nor how the cache behaves under load: nothing was run, and only a load test on a copy answers these.",
    ));
}

fn over(factor: f64, name: String, mut then: Vec<&StatementGrowth>, blocks: &mut Vec<Block>) {
    let weight = |g: &StatementGrowth| g.cost_then * g.calls;
    then.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then(a.query.cmp(&b.query)));
    let flips = then.iter().filter(|g| g.flips).count();
    let faster = then.iter().filter(|g| g.excess() >= EXCESS).count();
    let (now, later) = then.iter().fold((0.0, 0.0), |(now, later), g| (now + g.cost_now * g.calls, later + weight(g)));
    blocks.push(para(format!(
        "Planned over {} times the data, {} would cost {} times as much in all. Another plan: {}; growing faster than the data: {}.",
        short(factor),
        plural(then.len(), "statement", "statements"),
        short(if now > 0.0 { later / now } else { 1.0 }),
        count(flips as f64),
        count(faster as f64)
    )));
    // What changes is what people look for; then the dearest.
    then.sort_by_key(|g| !(g.flips || g.excess() >= EXCESS));
    let rows = then.iter().map(|g| {
        vec![
            code(cut(&g.text, 120)),
            count(g.cost_now).into(),
            count(g.cost_then).into(),
            format!("{}×", short(g.cost_then / g.cost_now.max(f64::MIN_POSITIVE))).into(),
            verdict(g).into(),
        ]
    });
    let (rows, more) = first(rows.collect(), 10, "statements");
    let table = table_of(&["Statement", "#Cost now", "#Cost then", "#Growth", "Verdict"], rows, more);
    blocks.push(with_chart(table, |table| charts::statements(&then, factor, name, table)));
}

fn verdict(growth: &StatementGrowth) -> &'static str {
    match (growth.flips, growth.excess() >= EXCESS) {
        (true, true) => "another plan, faster than the data",
        (true, false) => "another plan",
        (false, true) => "faster than the data",
        (false, false) => "in step",
    }
}

/// Section 4: whether what the planned statements touch fits into memory, now and at ten times the data.
pub(crate) fn working_set(target: &Target, stats: &Stats, brief: &Brief, blocks: &mut Vec<Block>) {
    let settings = target.snapshot.settings.as_ref();
    let (tables, indexes) = touched(target, stats);
    let size: i64 = tables.values().chain(indexes.values()).sum();
    if size <= 0 {
        return;
    }
    let memory = [
        ("shared_buffers", settings.and_then(|s| s.bytes("shared_buffers"))),
        ("effective_cache_size", settings.and_then(|s| s.bytes("effective_cache_size"))),
        ("the server's memory", brief.memory_bytes.map(|b| b as f64)),
    ];
    let known: Vec<(&str, f64)> = memory.into_iter().filter_map(|(name, size)| Some((name, size.filter(|s| *s > 0.0)?))).collect();
    if known.is_empty() {
        return;
    }
    let against = |factor: f64| {
        let of: Vec<Text> =
            known.iter().map(|(name, memory)| format!("{} times {name}", short(size as f64 * factor / memory)).into()).collect();
        list(&of, 3)
    };
    let sizes: Vec<Text> = known.iter().map(|(name, memory)| say!("{} {}", *name, bytes(*memory as i64))).collect();
    blocks.push(para(say!(
        "The planned statements touch {} and {}, {} in all: {} ({}).",
        plural(tables.len(), "table", "tables"),
        plural(indexes.len(), "index", "indexes"),
        bytes(size),
        against(1.0),
        list(&sizes, 3)
    )));
    let largest = known.iter().map(|k| k.1).fold(0.0, f64::max);
    let fits = match (size as f64 <= largest, size as f64 * 10.0 <= largest) {
        (_, true) => "it would still fit",
        (true, false) => "it fits now and would not then, so reads that memory answers today would go to the disk",
        (false, false) => "it does not fit now, and far more reads would go to the disk then",
    };
    blocks.push(para(say!(
        "At ten times the data that is {}, {}: {}. Where statements read only the newest rows, the part in use is smaller.",
        bytes((size as f64 * 10.0).min(9.2e18) as i64),
        against(10.0),
        fits
    )));
}

type Sizes = BTreeMap<(String, String), i64>;

/// Bytes of the tables and indexes that the plans of the workload read, by schema and name.
fn touched(target: &Target, stats: &Stats) -> (Sizes, Sizes) {
    let nodes = || target.explained.iter().flat_map(|e| e.plan.nodes());
    let relations: BTreeSet<(Option<&str>, &str)> = nodes().filter_map(|n| Some((n.schema.as_deref(), n.relation.as_deref()?))).collect();
    let used: BTreeSet<&str> = nodes().filter_map(|n| n.index.as_deref()).collect();
    let read = |schema: &str, name: &str| relations.contains(&(Some(schema), name)) || relations.contains(&(None, name));
    let tables = stats.tables.iter().filter(|t| read(&t.name.schema, &t.name.name));
    let tables: Sizes =
        tables.filter_map(|t| Some(((t.name.schema.clone(), t.name.name.clone()), t.table_bytes? + t.toast_bytes.unwrap_or(0)))).collect();
    let of_table = |schema: &str, table: &str| tables.contains_key(&(schema.to_owned(), table.to_owned()));
    let indexes = stats.indexes.iter().filter(|i| used.contains(i.name.name.as_str()) && of_table(&i.name.schema, &i.table));
    let indexes = indexes.filter_map(|i| Some(((i.name.schema.clone(), i.name.name.clone()), i.bytes?))).collect();
    (tables, indexes)
}

/// Section 4: ten times the sessions of now against `max_connections`.
pub(crate) fn sessions(target: &Target, stats: &Stats, blocks: &mut Vec<Block>) {
    let limit = target.snapshot.settings.as_ref().and_then(|s| s.number("max_connections"));
    let (Some(limit), Some(activity)) = (limit, stats.activity.as_ref().filter(|a| a.clients > 0)) else { return };
    let then = activity.clients as f64 * 10.0;
    let pooled = target.snapshot.server.pooler.is_some();
    let verdict = match (then <= limit, pooled) {
        (true, _) => "it would still admit them",
        (false, true) => "the pooler has to make them share connections",
        (false, false) => "it refuses the rest unless a pooler makes them share connections",
    };
    blocks.push(para(say!(
        "Ten times the {} of the moment of reading are {}; {} is {}: {}.",
        plural_f(activity.clients as f64, "session", "sessions"),
        count(then),
        code("max_connections"),
        count(limit),
        verdict
    )));
}
