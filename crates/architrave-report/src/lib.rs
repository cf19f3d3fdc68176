//! Renderers: one plain [`Report`], computed from a review, to Markdown, HTML, JSON and terminal text.
//!
//! [`build`] turns a [`Review`](architrave_model::review::Review) into a [`Report`]: everything printable is computed there, by the functions in
//! `sections/`. A [`Renderer`] prints any report, computes nothing and asks nobody. Nothing here connects, parses or reads a file.

mod assemble;
mod changes;
pub mod charts;
pub mod diagram;
pub mod dictionary;
pub mod documents;
mod format;
mod graph;
mod limits;
mod on_twin;
mod placement;
pub mod plan;
mod present;
pub mod renderers;
pub mod report;
pub mod schema_diff;
mod scope;
mod sections;
mod text;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use assemble::build;
pub use renderers::Renderer;
pub use report::Report;
pub use text::{Span, Text};
