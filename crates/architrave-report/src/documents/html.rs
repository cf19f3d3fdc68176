//! A document as one offline HTML file, in the look of the report.

use super::Document;
use crate::format::visible;
use crate::renderers::html::{STYLE, block};
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(super) fn page(document: &Document) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
                meta name="color-scheme" content="light dark";
                title { (visible(&document.subject)) " · " (visible(&document.title)) }
                style { (PreEscaped(STYLE)) (PreEscaped(crate::plan::STYLE)) }
            }
            body.plan-page {
                main #main {
                    header.head {
                        p.subject { (visible(&document.subject)) }
                        h1 { (visible(&document.title)) }
                    }
                    @for section in &document.sections {
                        section {
                            @if !section.title.is_empty() { h2 { (visible(&section.title)) } }
                            @for b in &section.blocks { (block(b)) }
                        }
                    }
                }
            }
        }
    }
}
