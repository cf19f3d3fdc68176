//! Graphviz: one cluster per community, crow's feet at the ends, hubs without their lines.

use super::Detail;
use super::communities::Grouping;
use super::entities::{Entities, RelationKind, short_type};
use super::svg::escape;
use crate::format::visible;

/// The whole document.
pub(super) fn document(title: &str, entities: &Entities, grouping: &Grouping, detail: Detail) -> String {
    let mut out = format!("digraph {} {{\n", quoted(title));
    out.push_str("  graph [rankdir=LR, fontname=\"Helvetica\", nodesep=0.3, ranksep=1.0];\n");
    out.push_str("  node [shape=plaintext, fontname=\"Helvetica\", fontsize=11];\n");
    out.push_str("  edge [dir=both, color=\"#66727f\", arrowsize=0.8];\n");
    let referenced_by = entities.referenced_by();
    for (at, group) in grouping.groups.iter().enumerate() {
        out.push_str(&format!(
            "  subgraph cluster_{at} {{\n    label={};\n    color=\"#c9d0d8\";\n    style=rounded;\n",
            quoted(&group.title)
        ));
        for &member in &group.members {
            let note = if grouping.hub[member] { format!("{} tables refer to it", referenced_by[member]) } else { String::new() };
            out.push_str(&format!("    t{member} [label=<{}>];\n", table(entities, member, detail, &note)));
        }
        out.push_str("  }\n");
    }
    for relation in entities.relations.iter().filter(|r| r.child == r.parent || !grouping.hub[r.parent]) {
        let is_shown = detail != Detail::Names && relation.kind != RelationKind::Reads;
        let port = relation.columns.last().filter(|_| is_shown).map(|column| format!(":c{column}")).unwrap_or_default();
        let (tail, head) = match relation.kind {
            RelationKind::Reads => ("none", "none"),
            _ => (if relation.is_optional { "teeodot" } else { "teetee" }, if relation.is_single { "teeodot" } else { "crowodot" }),
        };
        let style = if relation.kind == RelationKind::Declared { "" } else { ", style=dashed" };
        let tip = super::svg::describe(entities, relation);
        out.push_str(&format!(
            "  t{}:h -> t{}{port} [arrowtail={tail}, arrowhead={head}{style}, tooltip={}];\n",
            relation.parent,
            relation.child,
            quoted(&tip)
        ));
    }
    out.push_str("}\n");
    out
}

fn table(entities: &Entities, member: usize, detail: Detail, note: &str) -> String {
    let entity = &entities.list[member];
    let mut rows = format!("<tr><td port=\"h\" bgcolor=\"#dbe7f6\" colspan=\"2\"><b>{}</b>", label(&entities.label(member)));
    if !note.is_empty() {
        rows.push_str(&format!("<br/>{}", label(note)));
    }
    rows.push_str("</td></tr>");
    for (at, field) in entity.fields.iter().enumerate() {
        let is_key = field.is_primary || field.is_foreign;
        if detail == Detail::Names || (detail == Detail::Keys && !is_key) {
            continue;
        }
        let name = if field.is_primary { format!("<u>{}</u>", label(&field.name)) } else { label(&field.name) };
        rows.push_str(&format!(
            "<tr><td align=\"left\">{name}</td><td align=\"left\" port=\"c{at}\">{}</td></tr>",
            label(&short_type(&field.data_type))
        ));
    }
    format!("<table border=\"0\" cellborder=\"1\" cellspacing=\"0\" cellpadding=\"4\" color=\"#aeb8c2\">{rows}</table>")
}

/// Text in a label of mark-up; an empty one is an error there.
fn label(text: &str) -> String {
    if text.is_empty() { " ".to_owned() } else { escape(text) }
}

/// A string of the language.
fn quoted(text: &str) -> String {
    format!("\"{}\"", visible(text).replace('\\', "\\\\").replace('"', "\\\""))
}
