//! A plan laid out for rules: every node with its place, its rows and pages in all loops, and its share of time or cost.

use super::weight::Weight;
use crate::condition;
use architrave_model::catalog::Table;
use architrave_model::explained::Explained;
use architrave_model::name::ObjectRef;
use architrave_model::plan::PlanNode;
use architrave_model::workload::ScanShape;
use architrave_model::{Context, QualifiedName};

/// A statement's plan, node by node.
pub(crate) struct Tree<'a> {
    pub(crate) explained: &'a Explained,
    pub(crate) context: &'a Context<'a>,
    seats: Vec<Seat<'a>>,
}

/// A node in its place. Milliseconds are of the wall clock: what parallel processes do at the same time counts once.
pub(crate) struct Seat<'a> {
    pub(crate) node: &'a PlanNode,
    /// Position in [`Tree::seats`]: parents before their children.
    pub(crate) at: usize,
    parent: Option<usize>,
    children: Vec<usize>,
    /// The node in which its time and blocks are counted as well: its parent, or whoever asks for an init plan's result.
    counted_in: Option<usize>,
    /// Processes that share the work: 1 outside of Gather.
    pub(crate) processes: f64,
    /// Executions that the planner expects (the inner side of a nested loop has many).
    pub(crate) runs: f64,
    /// Milliseconds in all loops, children included; none without timing.
    pub(crate) ms: Option<f64>,
    /// The same without children.
    pub(crate) own_ms: Option<f64>,
    /// Planner cost in all executions, children included, no more than the parent is charged.
    pub(crate) cost: f64,
    /// The same without children.
    pub(crate) own_cost: f64,
}

impl<'a> Tree<'a> {
    /// Lays the plan out.
    pub(crate) fn of(explained: &'a Explained, context: &'a Context<'a>) -> Self {
        let mut tree = Self { explained, context, seats: Vec::new() };
        tree.seat(&explained.plan.root, None, 1.0, 1.0, explained.plan.root.total_cost);
        tree.charge();
        tree
    }

    /// Every node, parents before their children.
    pub(crate) fn seats(&self) -> &[Seat<'a>] {
        &self.seats
    }

    /// Whether it was run (ANALYZE).
    pub(crate) fn is_analyzed(&self) -> bool {
        self.explained.plan.is_analyzed()
    }

    /// Milliseconds of the statement, when it was timed.
    pub(crate) fn total_ms(&self) -> Option<f64> {
        let root = self.explained.plan.root.actual_ms_in_all()?;
        Some(self.explained.plan.execution_ms.unwrap_or(root).max(root))
    }

    /// The node above.
    pub(crate) fn parent(&self, seat: &Seat<'_>) -> Option<&Seat<'a>> {
        seat.parent.and_then(|at| self.seats.get(at))
    }

    /// The nodes above, nearest first.
    pub(crate) fn ancestors(&self, seat: &Seat<'_>) -> impl Iterator<Item = &Seat<'a>> {
        std::iter::successors(self.parent(seat), |above| self.parent(above))
    }

    /// The nodes below, direct ones only: inputs, then init plans and subplans.
    pub(crate) fn children(&self, seat: &Seat<'_>) -> impl Iterator<Item = &Seat<'a>> {
        seat.children.iter().filter_map(|at| self.seats.get(*at))
    }

    /// The nodes that feed rows: without init plans and subplans.
    pub(crate) fn inputs(&self, seat: &Seat<'_>) -> impl Iterator<Item = &Seat<'a>> {
        self.children(seat).filter(|c| !c.is_subplan())
    }

    /// All nodes below and the node itself.
    pub(crate) fn subtree(&self, seat: &Seat<'_>) -> Vec<&Seat<'a>> {
        let mut all = Vec::new();
        let mut open = vec![seat.at];
        while let Some(seat) = open.pop().and_then(|at| self.seats.get(at)) {
            open.extend(seat.children.iter().rev());
            all.push(seat);
        }
        all
    }

    /// Nodes that satisfy the test, the heaviest first (by what the weight says).
    pub(crate) fn heaviest(&self, wanted: impl Fn(&Seat<'a>) -> bool, weight: impl Fn(&Seat<'a>) -> Weight) -> Vec<&Seat<'a>> {
        let mut found: Vec<&Seat<'a>> = self.seats.iter().filter(|s| s.ran() && wanted(s) && weight(s).matters()).collect();
        found.sort_by(|a, b| weight(b).share().total_cmp(&weight(a).share()).then_with(|| a.at.cmp(&b.at)));
        found
    }

    /// Whether the executor may stop asking the node before its end: a LIMIT or a join that is content with one match is above, and
    /// nothing between that takes all rows first.
    pub(crate) fn may_stop_early(&self, seat: &Seat<'_>) -> bool {
        let mut below = seat.at;
        for above in self.ancestors(seat) {
            let node = above.node;
            let inner = self.inputs(above).nth(1).is_some_and(|i| i.at == below);
            let cuts = match node.kind.as_str() {
                "Limit" | "Merge Join" => true,
                "Nested Loop" => inner && (matches!(node.join_type.as_deref(), Some("Semi" | "Anti")) || node.inner_unique == Some(true)),
                _ => false,
            };
            if cuts {
                return true;
            }
            let takes_all = match node.kind.as_str() {
                "Sort" | "Hash" | "ModifyTable" => true,
                "Aggregate" => node.strategy.as_deref() != Some("Sorted"),
                _ => false,
            };
            if takes_all {
                return false;
            }
            // EXISTS and scalar subqueries stop at the first row.
            if self.seats.get(below).is_some_and(Seat::is_subplan) {
                return true;
            }
            below = above.at;
        }
        false
    }

    /// What the node alone weighs.
    pub(crate) fn weight(&self, seat: &Seat<'_>) -> Weight {
        self.weighed(seat.own_ms, seat.own_cost)
    }

    /// What the node and all below it weigh.
    pub(crate) fn weight_with_inputs(&self, seat: &Seat<'_>) -> Weight {
        self.weighed(seat.ms, seat.cost)
    }

    /// So much time (or cost, where nothing was timed) against the statement's whole.
    pub(crate) fn weighed(&self, ms: Option<f64>, cost: f64) -> Weight {
        let calls = self.explained.calls.max(1.0);
        match (ms, self.total_ms()) {
            (Some(part), Some(whole)) => Weight::time(part, whole, calls),
            _ => Weight::cost(cost, self.explained.plan.root.total_cost, calls),
        }
    }

    /// The table (or materialized view) that the node scans: as the plan says, else as the catalogue can tell without doubt.
    pub(crate) fn table_name(&self, seat: &Seat<'_>) -> Option<QualifiedName> {
        let relation = seat.node.relation.as_deref()?;
        if let Some(name) = seat.node.qualified_relation() {
            return Some(name);
        }
        let alias = seat.node.alias.as_deref().unwrap_or(relation);
        let shaped = self.explained.shape.iter().flat_map(|s| &s.scans).find(|s| s.alias == alias && s.table.name == relation);
        if let Some(scan) = shaped {
            return Some(scan.table.clone());
        }
        let catalog = self.context.catalog;
        let tables = catalog.tables.iter().map(|t| &t.name);
        let views = catalog.views.iter().filter(|v| v.materialized).map(|v| &v.name);
        let mut found: Vec<&QualifiedName> = tables.chain(views).filter(|n| n.name == relation).collect();
        if found.len() > 1 {
            found.retain(|n| n.schema == "public");
        }
        match found.as_slice() {
            [only] => Some((*only).clone()),
            _ => None,
        }
    }

    /// The table that the node scans as an object of findings; the statement where none is known.
    pub(crate) fn object(&self, seat: &Seat<'_>) -> ObjectRef {
        self.table_name(seat).map_or_else(|| self.explained.object(), |name| ObjectRef::table(&name))
    }

    /// The catalogue's entry of the table that the node scans.
    pub(crate) fn table(&self, seat: &Seat<'_>) -> Option<&'a Table> {
        self.context.catalog.table_named(&self.table_name(seat)?)
    }

    /// Rows of that table, when known.
    pub(crate) fn table_rows(&self, seat: &Seat<'_>) -> Option<f64> {
        self.context.rows(&self.table_name(seat)?)
    }

    /// What is asked of that occurrence of the table, when the statement was resolved.
    pub(crate) fn shape(&self, seat: &Seat<'_>) -> Option<&'a ScanShape> {
        let relation = seat.node.relation.as_deref()?;
        let alias = seat.node.alias.as_deref().unwrap_or(relation);
        self.explained.shape.as_ref()?.scans.iter().find(|s| s.alias == alias && s.table.name == relation)
    }

    /// Columns of the scanned table that these conditions name, in the table's order.
    pub(crate) fn columns_in(&self, seat: &Seat<'_>, conditions: &[&str]) -> Vec<String> {
        let Some(table) = self.table(seat) else { return Vec::new() };
        let named = |column: &str| conditions.iter().any(|c| condition::mentions(c, column));
        table.columns.iter().map(|c| c.name.clone()).filter(|c| named(c)).collect()
    }

    /// The planner setting: as the plan says (`SETTINGS`), else as the server does.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        let of_plan = self.explained.plan.settings.get(name).map(String::as_str);
        of_plan.or_else(|| self.context.settings.and_then(|s| s.text(name)))
    }

    /// A setting of memory, bytes; PostgreSQL's own default when it is not known.
    pub(crate) fn memory_setting(&self, name: &str, default: f64) -> f64 {
        let of_plan = self.explained.plan.settings.get(name).and_then(|text| bytes_of(text));
        let of_server = || {
            let settings = self.context.settings?;
            settings.bytes(name).or_else(|| bytes_of(settings.text(name)?))
        };
        of_plan.or_else(of_server).unwrap_or(default)
    }

    /// Where a setting's value comes from.
    pub(crate) fn memory_source(&self, name: &str) -> &'static str {
        if self.explained.plan.settings.contains_key(name) {
            "EXPLAIN (SETTINGS)"
        } else if self.context.settings.is_some_and(|s| s.get(name).is_some()) {
            "pg_settings"
        } else {
            "PostgreSQL's default"
        }
    }

    /// Bytes that one sort may take in memory.
    pub(crate) fn work_mem(&self) -> f64 {
        self.memory_setting("work_mem", 4.0 * 1_048_576.0)
    }

    /// How often a hash table may take `work_mem`: a setting from 13 on, and 2 by default from 15 on.
    pub(crate) fn hash_factor(&self) -> f64 {
        let version = self.context.server.version_num;
        // Of an unknown server the newer default is the likelier one.
        let default = if version == 0 || version >= 150_000 { 2.0 } else { 1.0 };
        self.setting("hash_mem_multiplier").and_then(|v| v.parse().ok()).unwrap_or(default)
    }

    fn seat(&mut self, node: &'a PlanNode, parent: Option<usize>, processes: f64, runs: f64, cost: f64) -> usize {
        let at = self.seats.len();
        let ms = node.actual_ms_in_all().map(|ms| ms / processes);
        let seat =
            Seat { node, at, parent, children: Vec::new(), counted_in: None, processes, runs, ms, own_ms: None, cost, own_cost: cost };
        self.seats.push(seat);
        let below = match node.kind.as_str() {
            "Gather" | "Gather Merge" => node.workers_launched.or(node.workers_planned).unwrap_or(0.0) + 1.0,
            _ => processes,
        };
        // A node above a cut (LIMIT, a join that ends early) is charged for less than its inputs would cost in full.
        let scale = if node.total_cost > 0.0 { cost / (node.total_cost * runs).max(f64::MIN_POSITIVE) } else { 0.0 };
        let shares: Vec<(f64, f64)> = node
            .children
            .iter()
            .map(|child| {
                let runs = runs * node.expected_runs_of(child);
                (runs, child.total_cost * runs * scale.min(1.0))
            })
            .collect();
        let sum: f64 = shares.iter().map(|(_, cost)| cost).sum();
        let fit = if sum > cost && sum > 0.0 { cost / sum } else { 1.0 };
        let mut children = Vec::with_capacity(node.children.len());
        for (child, (runs, cost)) in node.children.iter().zip(shares) {
            children.push(self.seat(child, Some(at), below, runs, cost * fit));
        }
        if let Some(seat) = self.seats.get_mut(at) {
            seat.children = children;
            seat.own_cost = (cost - sum * fit).max(0.0);
        }
        at
    }

    /// Own time: a node's less its children's. A CTE's or init plan's time passes in the nodes that ask for it, not where it hangs.
    fn charge(&mut self) {
        let charged = |seat: &Seat<'_>| match seat.node.subplan_name.as_deref() {
            Some(name) if seat.is_init_plan() => self.asker_of(name, seat).or(seat.parent),
            _ => seat.parent,
        };
        let counted_in: Vec<Option<usize>> = self.seats.iter().map(charged).collect();
        for (seat, counted_in) in self.seats.iter_mut().zip(counted_in) {
            seat.counted_in = counted_in;
        }
        let own: Vec<Option<f64>> = self.seats.iter().map(|seat| self.own(seat, |s| s.ms)).collect();
        for (seat, own) in self.seats.iter_mut().zip(own) {
            seat.own_ms = own;
        }
    }

    /// A figure that EXPLAIN gives with the node's children included (time, blocks), without them. Never below 0.
    pub(crate) fn own(&self, seat: &Seat<'_>, figure: impl Fn(&Seat<'_>) -> Option<f64>) -> Option<f64> {
        let below: f64 = self.seats.iter().filter(|s| s.counted_in == Some(seat.at)).filter_map(&figure).sum();
        figure(seat).map(|all| (all - below).max(0.0))
    }

    /// The node in which an init plan runs: the longest scan of the CTE, or the first node whose conditions use the result.
    fn asker_of(&self, name: &str, of: &Seat<'_>) -> Option<usize> {
        if let Some(cte) = name.strip_prefix("CTE ") {
            // Who asks first pays: a scan in an init plan or subplan if it took as long as the CTE itself, else the longest.
            let whole = of.ms.unwrap_or(0.0) * 0.9;
            let key = |s: &Seat<'_>| {
                let ms = s.ms.unwrap_or(0.0);
                (ms >= whole && self.ancestors(s).any(Seat::is_subplan), ms)
            };
            let scans = self.seats.iter().filter(|s| s.node.cte.as_deref() == Some(cte));
            return scans.max_by(|a, b| key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1))).map(|s| s.at);
        }
        // `InitPlan 1 (returns $0)` up to 16, `InitPlan 1` and `(InitPlan 1).col1` from 17 on.
        let sign = name.split_once("returns ").map_or(name, |(_, signs)| signs.trim_end_matches(')'));
        let asks = |s: &&Seat<'_>| !std::ptr::eq(*s, of) && s.conditions().iter().any(|c| c.contains(sign));
        self.seats.iter().find(asks).map(|s| s.at)
    }
}

/// `64MB`, `4096kB`, `1GB` in bytes, as SETTINGS prints them.
fn bytes_of(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at_checked(end)?;
    let factor = match unit.trim() {
        "B" => 1.0,
        "kB" => 1024.0,
        "MB" => 1_048_576.0,
        "GB" => 1_073_741_824.0,
        "TB" => 1_099_511_627_776.0,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * factor)
}

impl<'a> Seat<'a> {
    /// Inserts, updates, deletes or merges. Of a foreign scan EXPLAIN says `Select` there.
    pub(crate) fn writes(&self) -> bool {
        self.node.operation.as_deref().is_some_and(|operation| operation != "Select")
    }

    /// Runs beside the flow of rows: a subplan or an init plan.
    pub(crate) fn is_subplan(&self) -> bool {
        matches!(self.node.parent_relationship.as_deref(), Some("SubPlan" | "InitPlan"))
    }

    fn is_init_plan(&self) -> bool {
        self.node.parent_relationship.as_deref() == Some("InitPlan")
    }

    /// Whether it was executed at all; true when nobody knows.
    pub(crate) fn ran(&self) -> bool {
        self.node.loops != Some(0.0)
    }

    /// How often it was done from start to end, or is expected to be; a parallel scan is done once by all processes together.
    pub(crate) fn executions(&self) -> f64 {
        let together = if self.node.parallel_aware == Some(true) { self.processes } else { 1.0 };
        self.node.loops.map_or(self.runs, |loops| loops / together).max(1.0)
    }

    /// Rows delivered in all loops, when it was run.
    pub(crate) fn rows(&self) -> Option<f64> {
        self.node.actual_rows_in_all()
    }

    /// Rows that the planner expects in all executions, by all processes.
    pub(crate) fn planned_rows(&self) -> f64 {
        let workers = self.processes - 1.0;
        let divisor = workers + (1.0 - 0.3 * workers).max(0.0);
        self.node.rows * self.runs * if self.processes > 1.0 { divisor } else { 1.0 }
    }

    /// A per-loop figure in all loops.
    pub(crate) fn in_all(&self, per_loop: Option<f64>) -> f64 {
        per_loop.unwrap_or(0.0) * self.node.loops.unwrap_or(1.0)
    }

    /// Rows that a scan took up and dropped again, in all loops: by its filter and by checking the condition again.
    pub(crate) fn rows_dropped(&self) -> f64 {
        self.in_all(self.node.rows_removed_by_filter) + self.in_all(self.node.rows_removed_by_recheck)
    }

    /// Blocks of 8 KiB that it touched in shared buffers, children included; none without BUFFERS.
    pub(crate) fn blocks(&self) -> Option<f64> {
        let buffers = &self.node.buffers;
        match (buffers.shared_hit, buffers.shared_read) {
            (None, None) => None,
            (hit, read) => Some(hit.unwrap_or(0.0) + read.unwrap_or(0.0)),
        }
    }

    /// Every condition on it, as text.
    pub(crate) fn conditions(&self) -> Vec<&'a str> {
        let node = self.node;
        [
            &node.index_cond,
            &node.recheck_cond,
            &node.filter,
            &node.tid_cond,
            &node.join_filter,
            &node.hash_cond,
            &node.merge_cond,
            &node.one_time_filter,
        ]
        .into_iter()
        .filter_map(Option::as_deref)
        .collect()
    }
}
