//! Who is whose child, by the column at which lines begin.
//!
//! EXPLAIN writes a child's `->` in the column of its parent's properties (two further right below the name of a subplan), and a
//! node's properties six columns right of its own `->`, the uppermost node's two columns right of it.

use super::super::decode::{LEVELS, Place};
use super::super::error::PlanError;
use super::{Fields, Line, foot, head, property};
use serde_json::Value;

/// The nodes of one plan.
pub(super) struct Outline {
    nodes: Vec<Node>,
    /// Column of the uppermost node: what follows the nodes stands there.
    pub(super) base: usize,
}

struct Node {
    fields: Fields,
    /// Column of its properties and of its children's arrows.
    column: usize,
    line: usize,
    children: Vec<usize>,
    /// Key sets of GROUPING SETS, in their order.
    sets: Vec<(String, Option<Value>, Vec<Value>)>,
    /// The worker whose lines are being read, and the column of its first line.
    worker: Option<(Fields, usize)>,
    workers: Vec<Value>,
    targets: Vec<Value>,
}

impl Node {
    fn new(line: &Line, text: &str, column: usize) -> Result<Self, PlanError> {
        let fields = head::read(text).map_err(|message| PlanError::Truncated { line: line.number, message })?;
        let (children, sets, workers, targets) = Default::default();
        Ok(Self { fields, column, line: line.number, children, sets, worker: None, workers, targets })
    }

    fn close_worker(&mut self) {
        if let Some((worker, _)) = self.worker.take() {
            self.workers.push(Value::Object(worker));
        }
    }
}

/// Reads the plan whose uppermost node stands at `start`; gives it and the first line that is none of a node.
pub(super) fn read(lines: &[Line], start: usize) -> Result<(Outline, usize), PlanError> {
    let (base, column) = columns(lines, start)?;
    let mut outline = Outline { nodes: vec![Node::new(&lines[start], &lines[start].text, column)?], base };
    let has_costs = head::split(&lines[start].text).cost.is_some();
    let mut open = vec![0_usize];
    let mut label: Option<(String, usize)> = None;
    let mut at = start + 1;
    while let Some(line) = lines.get(at) {
        if line.column < column && line.text.starts_with("->") {
            let message = format!("this node begins in column {}, left of where the children of the uppermost node do", line.column + 1);
            return Err(PlanError::Indentation { line: line.number, message });
        }
        if line.column < column || foot::is_foot(&line.text) && line.column <= base.max(column.saturating_sub(1)) {
            break;
        }
        if let Some(text) = line.text.strip_prefix("->") {
            let parent = parent(&outline, &mut open, line, label.as_ref())?;
            let mut node = Node::new(line, text.trim_start(), line.column + 6)?;
            // Nodes of extensions may have none: Citus prints `Task`.
            let is_cut = lines.len() == at + 1 || line.text.contains("(cost") || line.text.contains("(actual");
            if has_costs && is_cut && !node.fields.contains_key("Total Cost") {
                return Err(PlanError::Truncated { line: line.number, message: "the costs of this node are missing".into() });
            }
            if open.len() > LEVELS {
                return Err(PlanError::TooDeep { line: line.number, limit: LEVELS });
            }
            if let Some((name, _)) = label.take() {
                relate(&mut node.fields, &name);
            }
            let number = outline.nodes.len();
            open.push(number);
            outline.nodes[parent].children.push(number);
            outline.nodes.push(node);
        } else if is_label(line, lines.get(at + 1)) {
            close_to(&outline, &mut open, line)?;
            label = Some((line.text.clone(), line.column));
        } else if super::is_head(&line.text) && head::further_target(&line.text).is_none() {
            break;
        } else {
            owned(&mut outline, &open, lines, at);
        }
        at += 1;
    }
    for node in &mut outline.nodes {
        node.close_worker();
    }
    Ok((outline, at))
}

/// The columns of the uppermost node and of what belongs to it. Its own line may have lost its spaces when it was copied.
fn columns(lines: &[Line], start: usize) -> Result<(usize, usize), PlanError> {
    let first = &lines[start];
    let usual = (first.column, first.column + 2);
    let Some(next) = lines.get(start + 1).filter(|next| !foot::is_foot(&next.text) && !super::is_head(&next.text)) else {
        return Ok(usual);
    };
    let is_node = next.text.starts_with("->");
    if next.column == first.column + 2 || !is_node && property::key(&next.text).is_none() && next.column <= first.column {
        return Ok(usual);
    }
    if next.column > first.column && first.column == 0 && next.column >= 2 {
        return Ok((next.column - 2, next.column));
    }
    if !is_node && lines[start..].iter().all(|line| !line.text.starts_with("->")) {
        return Ok((first.column, first.column.min(next.column)));
    }
    let message = if is_node {
        format!(
            "the first `->` stands in column {} and the uppermost node in column {}, not two to its left",
            next.column + 1,
            first.column + 1
        )
    } else {
        format!("this line stands in column {} and the node above it in column {}, not two to its left", next.column + 1, first.column + 1)
    };
    Err(PlanError::Indentation { line: next.number, message })
}

/// `CTE x`, `InitPlan 1 (returns $0)`, `SubPlan 2`: the next line is a node two columns further right.
fn is_label(line: &Line, next: Option<&Line>) -> bool {
    let is_word = ["CTE ", "InitPlan ", "SubPlan ", "hashed SubPlan "].iter().any(|start| line.text.starts_with(start));
    is_word && next.is_some_and(|next| next.text.starts_with("->") && next.column == line.column + 2)
}

/// Closes the nodes that stand further right, and checks that the line is one of the last that stays open.
fn close_to(outline: &Outline, open: &mut Vec<usize>, line: &Line) -> Result<usize, PlanError> {
    while open.len() > 1 && open.last().is_some_and(|node| outline.nodes[*node].column > line.column) {
        open.pop();
    }
    let parent = open.last().copied().unwrap_or(0);
    if outline.nodes[parent].column == line.column {
        return Ok(parent);
    }
    let message = format!(
        "what begins in column {} is a child of no node above it (its neighbour in line {} has its children in column {})",
        line.column + 1,
        outline.nodes[parent].line,
        outline.nodes[parent].column + 1
    );
    Err(PlanError::Indentation { line: line.number, message })
}

fn parent(outline: &Outline, open: &mut Vec<usize>, line: &Line, label: Option<&(String, usize)>) -> Result<usize, PlanError> {
    match label {
        Some((_, column)) => close_to(outline, open, &Line { column: *column, ..line.clone() }),
        None => close_to(outline, open, line),
    }
}

fn relate(fields: &mut Fields, name: &str) {
    let relationship = if name.contains("SubPlan") { "SubPlan" } else { "InitPlan" };
    fields.insert("Parent Relationship".into(), Value::String(relationship.into()));
    fields.insert("Subplan Name".into(), Value::String(name.into()));
}

/// Reads a line that belongs to the node above it.
fn owned(outline: &mut Outline, open: &[usize], lines: &[Line], at: usize) {
    let line = &lines[at];
    let owner = open.iter().rev().find(|node| outline.nodes[**node].column <= line.column).or(open.last()).copied();
    let Some(owner) = owner.and_then(|node| outline.nodes.get_mut(node)) else { return };
    if let Some((number, rest)) = worker(&line.text) {
        owner.close_worker();
        let mut fields = Fields::new();
        fields.insert("Worker Number".into(), number.into());
        of_worker(rest, &mut fields);
        owner.worker = Some((fields, line.column));
        return;
    }
    if let Some((worker, column)) = &mut owner.worker {
        if line.column > *column {
            match line.text.as_str() {
                "JIT:" => {
                    let inner: Vec<&str> =
                        lines[at + 1..].iter().take_while(|next| next.column > line.column).map(|next| next.text.as_str()).collect();
                    worker.insert("JIT".into(), Value::Object(foot::jit(&inner)));
                }
                _ if worker.contains_key("JIT") && line.column > *column + 2 => {}
                text => of_worker(text, worker),
            }
            return;
        }
        owner.close_worker();
    }
    if owner.fields.get("Node Type").is_some_and(|kind| kind == "ModifyTable")
        && let Some(target) = head::further_target(&line.text)
    {
        owner.targets.push(Value::Object(target));
        return;
    }
    if !keys(owner, line) {
        property::read(&line.text, &mut owner.fields);
    }
}

/// `Worker 0:  actual time=…`: the number and what follows.
fn worker(text: &str) -> Option<(u64, &str)> {
    let (number, rest) = text.strip_prefix("Worker ")?.split_once(':')?;
    Some((number.parse().ok()?, rest.trim_start()))
}

fn of_worker(text: &str, fields: &mut Fields) {
    match text.strip_prefix("actual ") {
        // Garbled times of a worker are no reason to give up the plan.
        Some(actual) => drop(head::times(actual, fields)),
        None => property::read(text, fields),
    }
}

/// Group keys and hash keys, which GROUPING SETS repeats. True when the line was one.
fn keys(owner: &mut Node, line: &Line) -> bool {
    let Some(key) = property::key(&line.text) else { return false };
    let is_aggregate = owner.fields.get("Node Type").is_some_and(|kind| kind == "Aggregate");
    let value = line.text[key.len() + 1..].trim();
    let set = if value == "()" { Value::Array(Vec::new()) } else { property::list(value) };
    match key {
        "Sort Key" if is_aggregate => owner.sets.push(("Group Keys".into(), Some(set), Vec::new())),
        "Hash Key" => owner.sets.push(("Hash Keys".into(), None, vec![set])),
        "Group Key" if is_aggregate => match owner.sets.last_mut() {
            Some((kind, _, sets)) if kind == "Group Keys" => sets.push(set),
            _ => owner.sets.push(("Group Keys".into(), None, vec![set])),
        },
        _ => return false,
    }
    true
}

impl Outline {
    /// The uppermost node with all below it, as JSON has it.
    pub(super) fn assemble(mut self, place: Place) -> Result<Fields, PlanError> {
        let mut done: Vec<Option<Fields>> = Vec::new();
        done.resize_with(self.nodes.len(), || None);
        // Children stand after their parents.
        for at in (0..self.nodes.len()).rev() {
            let node = &mut self.nodes[at];
            let mut children: Vec<Fields> = node.children.iter().filter_map(|child| done.get_mut(*child)?.take()).collect();
            complete(node, &mut children)?;
            let mut fields = std::mem::take(&mut node.fields);
            if !children.is_empty() {
                fields.insert("Plans".into(), children.into_iter().map(Value::Object).collect());
            }
            done[at] = Some(fields);
        }
        done.into_iter().next().flatten().ok_or_else(|| place.shape("there is no node"))
    }
}

/// Puts together what stood on several lines, and says how the children relate to their parent.
fn complete(node: &mut Node, children: &mut [Fields]) -> Result<(), PlanError> {
    for (key, list) in [("Workers", &mut node.workers), ("Target Tables", &mut node.targets)] {
        if !list.is_empty() {
            node.fields.insert(key.into(), Value::Array(std::mem::take(list)));
        }
    }
    match node.sets.as_mut_slice() {
        [] => {}
        [(kind, None, sets)] if kind == "Group Keys" && sets.len() == 1 => {
            node.fields.insert("Group Key".into(), sets.remove(0));
        }
        sets => {
            let entry = |(kind, sort, sets): &mut (String, Option<Value>, Vec<Value>)| {
                let mut fields = Fields::new();
                if let Some(sort) = sort.take() {
                    fields.insert("Sort Key".into(), sort);
                }
                fields.insert(kind.clone(), Value::Array(std::mem::take(sets)));
                Value::Object(fields)
            };
            node.fields.insert("Grouping Sets".into(), sets.iter_mut().map(entry).collect());
        }
    }
    let kind = node.fields.get("Node Type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let inputs: Vec<&mut Fields> = children.iter_mut().filter(|child| !child.contains_key("Subplan Name")).collect();
    if matches!(kind.as_str(), "Hash Join" | "Merge Join" | "Nested Loop") && inputs.len() < 2 {
        let message = format!("this {kind} has {} of its two inputs", if inputs.is_empty() { "none" } else { "one" });
        return Err(PlanError::Truncated { line: node.line, message });
    }
    let many = inputs.len() > 1;
    for (nth, child) in inputs.into_iter().enumerate() {
        let relationship = match kind.as_str() {
            "Append" | "Merge Append" | "BitmapAnd" | "BitmapOr" => "Member",
            "ModifyTable" if many => "Member",
            "Subquery Scan" => "Subquery",
            "Custom Scan" => "child",
            _ if nth == 0 => "Outer",
            _ => "Inner",
        };
        child.insert("Parent Relationship".into(), Value::String(relationship.into()));
    }
    Ok(())
}
