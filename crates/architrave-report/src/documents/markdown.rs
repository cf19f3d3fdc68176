//! A document as Markdown.

use super::Document;
use crate::renderers::markdown::{escape, push, write_block};

pub(super) fn page(document: &Document) -> String {
    let mut page = String::new();
    push(&mut page, &format!("# {}", escape::words(&document.title)));
    push(&mut page, &format!("**{}**", escape::words(&document.subject)));
    for section in &document.sections {
        if !section.title.is_empty() {
            push(&mut page, &format!("## {}", escape::words(&section.title)));
        }
        for b in &section.blocks {
            push(&mut page, &write_block(b));
        }
    }
    page
}
