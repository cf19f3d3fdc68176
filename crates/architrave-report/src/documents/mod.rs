//! Documents besides the report: what `architrave explain`, `architrave index` and `architrave lint` print, made of the same blocks and shown by the same
//! hands.

mod access;
pub mod access_matrix;
mod explanation;
mod findings;
mod html;
mod index_plan;
mod lint;
mod lint_comment;
mod markdown;
mod rls_explanation;
mod text;

use crate::renderers::text::Style;
pub use access::access;
pub use explanation::explanation;
pub use index_plan::index_plan;
pub use lint::lint;
pub use lint_comment::lint_comment;
pub use rls_explanation::rls_explanation;

use crate::format;
use crate::report::{Block, Column};
use crate::text::Text;
use architrave_model::finding::Value;

/// A document.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// Title: `Plan of a statement`.
    pub title: String,
    /// What it is about.
    pub subject: String,
    /// Sections in order.
    pub sections: Vec<DocumentSection>,
}

/// A section.
#[derive(Debug, Clone, Default)]
pub struct DocumentSection {
    /// Heading; empty for what stands before the first one.
    pub title: String,
    /// Blocks.
    pub blocks: Vec<Block>,
}

impl Document {
    /// Several documents as one: each section's heading says which it belongs to.
    pub fn joined(documents: &[Self]) -> Self {
        let [first, rest @ ..] = documents else { return Self::default() };
        if rest.is_empty() {
            return first.clone();
        }
        let mut all = Self { title: first.title.clone(), subject: format!("{} statements", documents.len()), sections: Vec::new() };
        for document in documents {
            for section in &document.sections {
                let title =
                    if section.title.is_empty() { document.subject.clone() } else { format!("{}: {}", document.subject, section.title) };
                all.sections.push(DocumentSection { title, blocks: section.blocks.clone() });
            }
        }
        all
    }

    /// As one offline HTML file.
    pub fn html(&self) -> String {
        html::page(self).into_string()
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        markdown::page(self)
    }

    /// For a terminal.
    pub fn text(&self, style: Style) -> String {
        text::page(self, style)
    }
}

fn paragraph(text: impl Into<Text>) -> Block {
    Block::Paragraph { text: text.into() }
}

/// A list, unless there is nothing to list.
fn listed(items: Vec<Text>) -> Vec<Block> {
    if items.is_empty() { Vec::new() } else { vec![Block::List { items }] }
}

fn column(title: &'static str, numeric: bool) -> Column {
    Column { title, numeric }
}

/// The value of a fact of a finding.
fn value(value: &Value) -> String {
    match value {
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => format::exact(*n),
        Value::Float(n) if n.fract() == 0.0 => format::exact(*n as i64),
        Value::Float(n) => format::short(*n),
        Value::Text(text) => text.clone(),
    }
}
