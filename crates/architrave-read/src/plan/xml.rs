//! The XML form. Its element names are EXPLAIN's words with hyphens, and its values have no types.

use super::decode::{self, Place};
use super::error::PlanError;
use super::frame::Block;
use super::text::is_number_key;
use architrave_model::plan::Plan;
use roxmltree::{Document, Error, Node, ParsingOptions};
use serde_json::{Map, Value};

/// Words whose own hyphens or slashes must come back.
static WORDS: &[(&str, &str)] = &[("One Time", "One-Time"), ("Full sort", "Full-sort"), ("Pre sorted", "Pre-sorted"), ("I O ", "I/O ")];

/// Elements whose children are a list although each has a name.
static LISTS: &[&str] = &["Plans", "Workers", "Triggers", "Target Tables", "Grouping Sets"];

/// All plans of a block that holds XML.
pub(super) fn read(block: &Block) -> Result<Vec<(usize, Plan)>, PlanError> {
    let whole = block.text();
    let start = whole.find("<explain").unwrap_or(0);
    let skipped = whole[..start].matches('\n').count();
    let Some(end) = whole.rfind("</explain>") else {
        let line = block.line(block.lines.iter().rposition(|(_, line)| !line.trim().is_empty()).map_or(1, |at| at + 1));
        return Err(PlanError::Truncated { line, message: "</explain> is missing".into() });
    };
    let text = whole.get(start..end + "</explain>".len()).unwrap_or_default();
    too_deep(text).map_or(Ok(()), |at| Err(PlanError::TooDeep { line: block.line(skipped + at), limit: decode::LEVELS }))?;
    let options = ParsingOptions { nodes_limit: 5_000_000, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| syntax(block, skipped, &error))?;
    let mut all = Vec::new();
    let root = document.root_element();
    // EXPLAIN writes a <Query> for each statement, auto_explain leaves it out.
    let queries = elements(root).filter(|child| child.has_tag_name_of("Query"));
    for query in queries.chain(Some(root).filter(|root| elements(*root).any(|child| child.has_tag_name_of("Plan")))) {
        let line = block.line(skipped + document.text_pos_at(query.range().start).row as usize);
        let place = Place { line, form: "XML" };
        let Value::Object(entry) = object(query) else { return Err(place.shape("<Query> is empty")) };
        all.push((line, decode::plan(entry, place)?));
    }
    if all.is_empty() { Err(Place { line: block.first_line(), form: "XML" }.shape("there is no <Plan> in <explain>")) } else { Ok(all) }
}

/// Line (from 1) at which elements are nested deeper than any plan, by a look at the tags alone.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, _) in text.match_indices('<') {
        let tag = &text[at + 1..];
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !tag.split('>').next().is_some_and(|tag| tag.ends_with('/')) {
            depth += 1;
        }
        if depth > 2 * decode::LEVELS + 8 {
            return Some(text[..at].matches('\n').count() + 1);
        }
    }
    None
}

fn syntax(block: &Block, skipped: usize, error: &Error) -> PlanError {
    let said = error.to_string();
    let message = said.rsplit_once(" at ").map_or(said.as_str(), |(message, _)| message).to_owned();
    PlanError::Syntax { line: block.line(skipped + error.pos().row as usize), form: "XML", message }
}

trait Named {
    fn has_tag_name_of(&self, name: &str) -> bool;
}

impl Named for Node<'_, '_> {
    fn has_tag_name_of(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

/// EXPLAIN's word for an element.
fn key(node: Node<'_, '_>) -> String {
    let name = node.tag_name().name();
    if name.contains('_') {
        return name.to_owned();
    }
    let mut name = name.replace('-', " ");
    for (wrong, right) in WORDS {
        if name.contains(wrong) {
            name = name.replace(wrong, right);
        }
    }
    name
}

fn elements<'a, 'input>(node: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(Node::is_element)
}

fn object(node: Node<'_, '_>) -> Value {
    let is_settings = node.has_tag_name_of("Settings");
    let mut fields = Map::new();
    for child in elements(node) {
        let key = unique(key(child), &fields);
        let value = if is_settings { Value::String(child.text().unwrap_or_default().to_owned()) } else { value(child, &key) };
        fields.insert(key, value);
    }
    Value::Object(fields)
}

/// The XML form names some groups by their kind only, where the others tell which one it is.
fn unique(key: String, fields: &Map<String, Value>) -> String {
    let (first, second) = match key.as_str() {
        "Incremental Sort Groups" => ("Full-sort Groups", "Pre-sorted Groups"),
        "Sort Space" => ("Sort Space Memory", "Sort Space Disk"),
        _ => return key,
    };
    if fields.contains_key(first) { second.to_owned() } else { first.to_owned() }
}

fn items(node: Node<'_, '_>) -> Value {
    Value::Array(elements(node).map(|item| Value::String(item.text().unwrap_or_default().to_owned())).collect())
}

fn value(node: Node<'_, '_>, key: &str) -> Value {
    if LISTS.contains(&key) {
        return Value::Array(elements(node).map(object).collect());
    }
    // Lists of lists: the sets of GROUPING SETS.
    if matches!(key, "Group Keys" | "Hash Keys") {
        return Value::Array(elements(node).map(items).collect());
    }
    match elements(node).next() {
        None => typed(key, node.text().unwrap_or_default()),
        Some(first) if first.has_tag_name_of("Item") => items(node),
        Some(_) => object(node),
    }
}

/// A value's type, by its key and its look.
fn typed(key: &str, text: &str) -> Value {
    let trimmed = text.trim();
    match trimmed {
        "true" | "false" if !super::text::is_text_key(key) => Value::Bool(trimmed == "true"),
        _ if is_number_key(key) || !super::text::is_text_key(key) => {
            serde_json::from_str::<serde_json::Number>(trimmed).map_or_else(|_| Value::String(text.to_owned()), Value::Number)
        }
        _ => Value::String(text.to_owned()),
    }
}
