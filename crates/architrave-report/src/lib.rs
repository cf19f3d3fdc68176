//! Renderers: one plain Report to Markdown, HTML, JSON and terminal text.
