//! Mermaid, in pieces that its renderers take: GitHub's stops at 50,000 characters or 500 relations per diagram.

use super::Detail;
use super::communities::Grouping;
use super::entities::{Entities, Relation, RelationKind, short_type};
use super::svg::facts;
use crate::format::{cut, plural, visible};
use crate::renderers::markdown::escape;
use std::collections::{BTreeMap, BTreeSet};

/// Most characters of one diagram.
const LONGEST: usize = 44_000;
/// Most relations of one diagram.
const MOST_EDGES: usize = 440;

/// One diagram: all entities while they fit, else how the communities refer to each other.
pub(super) fn single(title: &str, entities: &Entities, grouping: &Grouping, detail: Detail) -> String {
    let names = names(entities);
    let all: Vec<usize> = (0..entities.list.len()).collect();
    for detail in [detail, Detail::Keys, Detail::Names] {
        let block = Block::of(entities, &names, &all, detail);
        if block.fits() {
            return block.text;
        }
    }
    let line = visible(title).replace('%', "");
    format!(
        "%% {line}: too large for one diagram; communities and the number of foreign keys between them\n{}",
        overview(entities, grouping)
    )
}

/// Markdown: an overview, then one or more diagrams for each community.
pub(super) fn markdown(title: &str, entities: &Entities, grouping: &Grouping, detail: Detail) -> String {
    let names = names(entities);
    let mut out = format!("# {}\n\n{}.\n", escape::words(title), escape::words(&facts(entities, grouping)));
    if grouping.groups.len() > 1 {
        out.push_str("\n## Overview\n\nCommunities of tables, and how many foreign keys lead from one to the other.\n");
        out.push_str(&fenced(&overview(entities, grouping)));
    }
    for group in &grouping.groups {
        let mut pieces = Vec::new();
        split(entities, &names, &group.members, detail, &mut pieces);
        out.push_str(&format!("\n## {}\n\n{}.\n", escape::words(&group.title), plural(group.members.len(), "table", "tables")));
        for piece in pieces {
            out.push_str(&fenced(&piece));
        }
    }
    out
}

fn fenced(text: &str) -> String {
    let fence = escape::fence(text);
    format!("\n{fence}mermaid\n{text}{fence}\n")
}

/// Diagrams of these entities, halved until each fits.
fn split(entities: &Entities, names: &[String], members: &[usize], detail: Detail, out: &mut Vec<String>) {
    let block = Block::of(entities, names, members, detail);
    if block.fits() {
        out.push(block.text);
    } else if members.len() > 1 {
        let (a, b) = members.split_at(members.len() / 2);
        split(entities, names, a, detail, out);
        split(entities, names, b, detail, out);
    } else if detail != Detail::Names {
        split(entities, names, members, Detail::Names, out);
    } else {
        // One table with hundreds of references to itself, or none of which the name is short enough: the table alone.
        out.push(format!("erDiagram\n{}", members.iter().map(|m| format!("  {}\n", names[*m])).collect::<String>()));
    }
}

struct Block {
    text: String,
    edges: usize,
}

impl Block {
    fn fits(&self) -> bool {
        self.text.chars().count() <= LONGEST && self.edges <= MOST_EDGES
    }

    fn of(entities: &Entities, names: &[String], members: &[usize], detail: Detail) -> Self {
        let inside: BTreeSet<usize> = members.iter().copied().collect();
        let mut away: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        let mut lines = Vec::new();
        for relation in &entities.relations {
            match (inside.contains(&relation.child), inside.contains(&relation.parent)) {
                (true, true) => lines.push(edge(entities, names, relation)),
                (true, false) => {
                    for column in &relation.columns {
                        away.entry((relation.child, *column)).or_default().push(relation.parent);
                    }
                }
                _ => {}
            }
        }
        let mut text = String::from("erDiagram\n");
        for &member in members {
            text.push_str(&entity(entities, names, member, detail, &away));
        }
        let edges = lines.len();
        text.extend(lines);
        Self { text, edges }
    }
}

fn entity(entities: &Entities, names: &[String], member: usize, detail: Detail, away: &BTreeMap<(usize, usize), Vec<usize>>) -> String {
    let mut rows = String::new();
    for (at, field) in entities.list[member].fields.iter().enumerate() {
        let is_key = field.is_primary || field.is_foreign;
        if detail == Detail::Names || (detail == Detail::Keys && !is_key) {
            continue;
        }
        let mut keys = Vec::new();
        keys.extend(field.is_primary.then_some("PK"));
        keys.extend(field.is_foreign.then_some("FK"));
        keys.extend((field.is_unique && !field.is_primary).then_some("UK"));
        let name = attribute(&field.name);
        let mut notes: Vec<String> = Vec::new();
        notes.extend((name != field.name).then(|| plain(&field.name)));
        notes.extend(away.get(&(member, at)).map(|to| {
            let to: Vec<String> = to.iter().map(|to| plain(&entities.label(*to))).collect();
            format!("→ {}", to.join(", "))
        }));
        let keys = if keys.is_empty() { String::new() } else { format!(" {}", keys.join(", ")) };
        let notes = if notes.is_empty() { String::new() } else { format!(" \"{}\"", notes.join("; ")) };
        rows.push_str(&format!("    {} {name}{keys}{notes}\n", attribute(&short_type(&field.data_type).replace(',', "_"))));
    }
    if rows.is_empty() { format!("  {}\n", names[member]) } else { format!("  {} {{\n{rows}  }}\n", names[member]) }
}

fn edge(entities: &Entities, names: &[String], relation: &Relation) -> String {
    let parent = if relation.is_optional { "|o" } else { "||" };
    let child = if relation.is_single { "o|" } else { "o{" };
    let line = if relation.kind == RelationKind::Declared { "--" } else { ".." };
    let columns: Vec<String> = relation.columns.iter().map(|at| plain(&entities.list[relation.child].fields[*at].name)).collect();
    let label = if relation.kind == RelationKind::Reads { "reads".to_owned() } else { columns.join(", ") };
    format!("  {} {parent}{line}{child} {} : \"{label}\"\n", names[relation.parent], names[relation.child])
}

fn overview(entities: &Entities, grouping: &Grouping) -> String {
    let mut out = String::from("flowchart LR\n");
    for (at, group) in grouping.groups.iter().enumerate() {
        out.push_str(&format!("  g{at}[\"{}<br/>{}\"]\n", plain(&group.title), plural(group.members.len(), "table", "tables")));
    }
    let mut edges: Vec<((usize, usize), usize)> = grouping.between(entities).into_iter().collect();
    edges.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    edges.truncate(MOST_EDGES);
    edges.sort_unstable();
    for ((from, to), n) in edges {
        let line = format!("  g{from} -->|{n}| g{to}\n");
        if out.len() + line.len() > LONGEST {
            break;
        }
        out.push_str(&line);
    }
    out
}

/// The name of each entity, in quotes; no two alike.
fn names(entities: &Entities) -> Vec<String> {
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    let mut name = |at: usize| {
        let name = match plain(&entities.label(at)) {
            empty if empty.trim().is_empty() => "unnamed".to_owned(),
            name => name,
        };
        let n = used.entry(name.clone()).or_default();
        *n += 1;
        if *n > 1 { format!("\"{name} ({n})\"") } else { format!("\"{name}\"") }
    };
    (0..entities.list.len()).map(&mut name).collect()
}

/// Text that may stand in Mermaid's quotes: there is no escape for what would end them or mean something inside, so look-alikes stand in.
fn plain(text: &str) -> String {
    let swap = |c: char| match c {
        '"' | '`' => '\'',
        '%' => '％',
        '\\' => '＼',
        '<' => '‹',
        '>' => '›',
        '#' => '＃',
        ';' => '；',
        '&' => '＆',
        c => c,
    };
    cut(&visible(text), 80).chars().map(swap).collect()
}

/// A word for the name or type of an attribute: letters, digits and `_`, beginning with no digit; brackets of types stay.
fn attribute(text: &str) -> String {
    let swap = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '(' | ')' | '[' | ']') { c } else { '_' };
    let word: String = cut(&visible(text), 63).chars().map(swap).collect();
    if word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') { word } else { format!("_{word}") }
}
