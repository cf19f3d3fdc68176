//! The dictionary as one offline HTML file: search over names and comments, light and dark, usable by keyboard.
//!
//! The facts are embedded as JSON, and a page is made of them when somebody looks at it: ten thousand tables open as fast as ten. Nothing that a
//! database can name becomes mark-up: the script writes text nodes only.

#[cfg(test)]
mod tests;

use super::entry::Dictionary;
use crate::format::visible;
use maud::{DOCTYPE, PreEscaped, html};
use std::io;

static STYLE: &str = include_str!("style.css");
static SCRIPT: &str = include_str!("script.js");

/// The whole page.
pub fn page(dictionary: &Dictionary) -> io::Result<String> {
    let facts = embedded(&serde_json::to_string(dictionary)?);
    let name = visible(&dictionary.name);
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="color-scheme" content="light dark";
                title { (name) " · Data dictionary" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the page" }
                nav aria-label="Tables" {
                    p.brand { a href="#" { (name) } }
                    label for="search" { "Search " span.muted { "press /" } }
                    input #search type="search" autocomplete="off" spellcheck="false" placeholder="table, column, comment …" role="combobox"
                        aria-expanded="true" aria-controls="list" aria-autocomplete="list";
                    p #found.muted aria-live="polite" {}
                    div #scroll { div #list role="listbox" aria-label="Tables and views" {} }
                }
                main #main tabindex="-1" {
                    noscript {
                        h1 { "Data dictionary of " (name) }
                        p { "This page is drawn by a script of its own, which is switched off here. `architrave docs -o DIR` writes the same as Markdown pages." }
                    }
                }
                script #facts type="application/json" { (PreEscaped(facts)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    let mut text = markup.into_string();
    text.push('\n');
    Ok(text)
}

/// JSON that cannot end the element it stands in.
fn embedded(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}
