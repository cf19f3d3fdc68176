//! Documents besides the report: what `architrave explain` and `architrave index` print, made of the same blocks and shown by the same
//! hands.

mod html;
mod markdown;
mod text;

use crate::renderers::text::Style;
use crate::report::Block;

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
