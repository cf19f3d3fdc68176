//! A plan prepared for drawing: everything that a terminal or a picture shows, computed once.

use super::weigh::{self, Measure};
use super::{Note, marks, words};
use crate::format::{self, visible};
use architrave_model::plan::{Plan, PlanNode};

/// Neighbours of one look from which on most are left out, and how many of them stay.
const ALIKE: usize = 5;
const SHOWN: usize = 2;

/// A plan to be drawn.
pub(super) struct Drawing {
    /// In the order of [`Plan::nodes`].
    pub(super) nodes: Vec<Node>,
    pub(super) measure: Measure,
    /// Whether it was executed.
    pub(super) is_analyzed: bool,
    /// `101 ms`, or `cost 2,000`.
    pub(super) total: String,
    /// Planning, compilation, triggers and the like, as clauses.
    pub(super) facts: Vec<String>,
    /// Cost of the uppermost node.
    pub(super) cost: f64,
    /// Milliseconds of the execution.
    pub(super) ms: Option<f64>,
}

/// A node to be drawn.
pub(super) struct Node {
    pub(super) parent: Option<usize>,
    pub(super) depth: usize,
    pub(super) children: Vec<usize>,
    /// `Hash Left Join`.
    pub(super) kind: String,
    /// `on orders o`.
    pub(super) target: String,
    /// `CTE recent`, `SubPlan 1`: how it hangs on its parent when it does not feed rows.
    pub(super) role: Option<String>,
    /// Share of the whole that the node alone takes, 0 to 1.
    pub(super) share: f64,
    /// The same in words: `63 ms`, `cost 1,200`.
    pub(super) own: String,
    /// `10 → 1,200`, or `10` when it was not run.
    pub(super) rows: String,
    /// `×120`, `÷833`.
    pub(super) off: Option<String>,
    /// Ten-fold or more.
    pub(super) is_far_off: bool,
    /// Rows that flow to the parent: for the width of its line.
    pub(super) flow: f64,
    /// `801 loops`.
    pub(super) loops: Option<String>,
    pub(super) never_ran: bool,
    /// The one that takes most, when that is a tenth of all or more.
    pub(super) is_dearest: bool,
    /// Conditions and keys.
    pub(super) details: Vec<(&'static str, String)>,
    /// Figures for the picture's table: cost, time, blocks, memory.
    pub(super) figures: Vec<(&'static str, String)>,
    /// What deserves a look.
    pub(super) marks: Vec<String>,
    /// Is not in the other plan of a pair.
    pub(super) is_changed: bool,
    /// Left out of tree and picture, because its neighbours look the same.
    pub(super) is_hidden: bool,
    /// How many like it are left out after it, and their share.
    pub(super) more: Option<(usize, f64)>,
}

impl Node {
    /// Kind and target.
    pub(super) fn label(&self) -> String {
        if self.target.is_empty() { self.kind.clone() } else { format!("{} {}", self.kind, self.target) }
    }
}

impl Drawing {
    /// Prepares a plan.
    pub(super) fn of(plan: &Plan, notes: &[Note]) -> Self {
        let (seats, measure) = weigh::seats(plan);
        let own: f64 = seats.iter().map(|seat| seat.own).sum();
        // Shares add up to the whole: what triggers and start-up take beside the nodes is told apart.
        let whole = own.max(f64::MIN_POSITIVE);
        let mut nodes: Vec<Node> = seats.iter().map(|seat| node(seat, measure, whole)).collect();
        for at in 0..nodes.len() {
            if let Some(parent) = nodes[at].parent {
                nodes[parent].children.push(at);
            }
        }
        for note in notes {
            if let Some(node) = nodes.get_mut(note.node) {
                node.marks.push(visible(&note.text));
            }
        }
        let dearest = (0..nodes.len()).max_by(|a, b| nodes[*a].share.total_cmp(&nodes[*b].share).then_with(|| b.cmp(a)));
        if let Some(dearest) = dearest.filter(|at| nodes[*at].share >= 0.1 && nodes.len() > 1) {
            nodes[dearest].is_dearest = true;
        }
        let ms = plan.execution_ms.or_else(|| plan.root.actual_ms_in_all());
        let total = match (measure, ms) {
            (Measure::Time, Some(ms)) => words::duration(ms),
            _ => format!("cost {}", words::compact(plan.root.total_cost)),
        };
        Self { nodes, measure, is_analyzed: plan.is_analyzed(), total, facts: facts(plan, measure), cost: plan.root.total_cost, ms }
    }

    /// Leaves out partitions that look like those before them and take little.
    pub(super) fn folded(mut self) -> Self {
        for parent in 0..self.nodes.len() {
            if !matches!(self.nodes[parent].kind.as_str(), "Append" | "Parallel Append" | "Merge Append") {
                continue;
            }
            let children = self.nodes[parent].children.clone();
            let looks: Vec<Option<String>> = children.iter().map(|child| self.look(*child)).collect();
            let mut start = 0;
            while start < children.len() {
                let same = looks[start..].iter().take_while(|look| look.is_some() && **look == looks[start]).count();
                if same >= ALIKE {
                    self.hide(&children[start + SHOWN - 1..start + same]);
                }
                start += same.max(1);
            }
            let visible: Vec<usize> = children.into_iter().filter(|child| !self.nodes[*child].is_hidden).collect();
            self.nodes[parent].children = visible;
        }
        self
    }

    /// The node and all below it.
    fn below(&self, node: usize) -> Vec<usize> {
        let mut all = Vec::new();
        let mut open = vec![node];
        while let Some(at) = open.pop() {
            all.push(at);
            open.extend(&self.nodes[at].children);
        }
        all
    }

    /// What a subtree looks like; none when something in it deserves to be seen.
    fn look(&self, child: usize) -> Option<String> {
        let all = self.below(child);
        let nodes: Vec<&Node> = all.iter().map(|at| &self.nodes[*at]).collect();
        let is_dull =
            |node: &&Node| node.marks.is_empty() && !node.is_dearest && !node.is_far_off && !node.is_changed && node.role.is_none();
        if !nodes.iter().all(is_dull) || nodes.iter().map(|node| node.share).sum::<f64>() >= 0.1 {
            return None;
        }
        Some(nodes.iter().map(|node| format!("{}{}|", node.kind, node.never_ran)).collect())
    }

    /// Hides all of these but the first.
    fn hide(&mut self, alike: &[usize]) {
        let Some((first, rest)) = alike.split_first() else { return };
        let mut share = 0.0;
        for at in rest.iter().flat_map(|child| self.below(*child)).collect::<Vec<usize>>() {
            share += self.nodes[at].share;
            self.nodes[at].is_hidden = true;
        }
        self.nodes[*first].more = Some((rest.len(), share));
    }

    /// The nodes that are drawn.
    pub(super) fn shown(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate().filter(|(_, node)| !node.is_hidden)
    }

    /// The nodes that take most, dearest first, at most `limit`, none below a twentieth.
    pub(super) fn dearest(&self, limit: usize) -> Vec<&Node> {
        let mut nodes: Vec<&Node> = self.nodes.iter().filter(|node| node.share >= 0.05).collect();
        nodes.sort_by(|a, b| b.share.total_cmp(&a.share));
        nodes.truncate(limit);
        nodes
    }
}

fn facts(plan: &Plan, measure: Measure) -> Vec<String> {
    let mut facts = Vec::new();
    if measure == Measure::Time {
        facts.push(format!("cost {}", words::compact(plan.root.total_cost)));
    }
    if let Some(ms) = plan.planning_ms {
        facts.push(format!("planning {}", words::duration(ms)));
    }
    if let Some(ms) = plan.jit.as_ref().and_then(|jit| jit.timing.as_ref()?.total) {
        facts.push(format!("just-in-time compilation {}", words::duration(ms)));
    }
    let triggers: f64 = plan.triggers.iter().filter_map(|trigger| trigger.ms).sum();
    if triggers > 0.0 {
        facts.push(format!("triggers {}", words::duration(triggers)));
    }
    if let Some(ms) = plan.serialization.as_ref().and_then(|serialization| serialization.ms) {
        facts.push(format!("sending rows {}", words::duration(ms)));
    }
    facts
}

fn node(seat: &weigh::Seat<'_>, measure: Measure, whole: f64) -> Node {
    let node = seat.node;
    let own = match measure {
        Measure::Time => words::duration(seat.own),
        Measure::Cost => format!("cost {}", words::compact(seat.own)),
    };
    let factor = node.actual_rows.filter(|_| node.loops.unwrap_or(0.0) > 0.0).map(|actual| actual.max(1.0) / node.rows.max(1.0));
    // A bitmap's rows are only in its scan of the table: BitmapAnd and BitmapOr print 0.
    let factor = factor.filter(|_| !matches!(node.kind.as_str(), "BitmapAnd" | "BitmapOr" | "ModifyTable"));
    let never_ran = node.loops == Some(0.0);
    let rows = match node.actual_rows {
        Some(_) if never_ran => format!("{} → never run", words::compact(node.rows)),
        Some(actual) => format!("{} → {}", words::compact(node.rows), words::compact(actual)),
        None => words::compact(node.rows),
    };
    Node {
        parent: seat.parent,
        depth: seat.depth,
        children: Vec::new(),
        kind: words::kind(node),
        target: words::target(node),
        role: node.subplan_name.as_deref().map(visible),
        share: seat.own / whole,
        own,
        rows,
        off: factor.and_then(words::off),
        is_far_off: factor.is_some_and(|factor| factor >= 9.5 || factor <= 1.0 / 9.5),
        flow: node.actual_rows_in_all().unwrap_or(node.rows),
        loops: node.loops.filter(|loops| *loops > 1.0).map(|loops| format!("{} loops", words::compact(loops))),
        never_ran,
        is_dearest: false,
        details: words::details(node),
        figures: figures(node),
        marks: marks::of(node),
        is_changed: false,
        is_hidden: false,
        more: None,
    }
}

fn figures(node: &PlanNode) -> Vec<(&'static str, String)> {
    let mut figures =
        vec![("Cost", format!("{} to the first row, {} in all", words::compact(node.startup_cost), words::compact(node.total_cost)))];
    if let (Some(first), Some(all)) = (node.actual_startup_ms, node.actual_ms) {
        figures.push(("Time per loop", format!("{} to the first row, {} in all", words::duration(first), words::duration(all))));
    }
    figures.push(("Width of a row", format::bytes(node.width as i64)));
    let removed = [
        ("Removed by filter", node.rows_removed_by_filter),
        ("Removed by join filter", node.rows_removed_by_join_filter),
        ("Removed by recheck", node.rows_removed_by_recheck),
        ("Heap fetches", node.heap_fetches),
        ("Index searches", node.index_searches),
        ("Partitions pruned", node.subplans_removed),
    ];
    figures.extend(removed.iter().filter_map(|(name, n)| Some((*name, words::compact(n.filter(|n| *n > 0.0)?)))));
    let buffers = &node.buffers;
    let blocks = [
        ("Found in memory", buffers.shared_hit),
        ("Read", buffers.shared_read),
        ("Temporary read", buffers.temp_read),
        ("Temporary written", buffers.temp_written),
    ];
    figures.extend(blocks.iter().filter_map(|(name, blocks)| Some((*name, format::bytes((blocks.filter(|n| *n > 0.0)? * 8192.0) as i64)))));
    if let (Some(method), Some(kb)) = (&node.sort_method, node.sort_space_kb) {
        let place = node.sort_space_type.as_deref().unwrap_or("Memory").to_lowercase();
        figures.push(("Sort", visible(&format!("{method}, {} in {place}", format::bytes((kb * 1024.0) as i64)))));
    }
    if let Some(kb) = node.peak_memory_kb {
        figures.push(("Memory", format::bytes((kb * 1024.0) as i64)));
    }
    if let (Some(hits), Some(misses)) = (node.cache_hits, node.cache_misses) {
        figures.push(("Cache", format!("{} of {} from memory", words::compact(hits), words::compact(hits + misses))));
    }
    if let (Some(planned), Some(launched)) = (node.workers_planned, node.workers_launched) {
        figures.push(("Workers", format!("{} of {}", words::compact(launched), words::compact(planned))));
    }
    figures
}
