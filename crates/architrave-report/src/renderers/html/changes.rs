//! What has become of findings since earlier states, and of allowances that have had their day.

use super::block;
use crate::changes::idle_allowances;
use crate::format::visible;
use crate::report::Report;
use maud::{Markup, html};

pub(super) fn changes(report: &Report) -> Markup {
    let (expired, idle) = idle_allowances(report);
    html! {
        @for (at, view) in report.changes.iter().enumerate() {
            section id={ "changes-" (at + 1) } {
                h2 { (visible(&view.title)) }
                @for b in &view.blocks { (block(b)) }
            }
        }
        @if !expired.is_empty() || !idle.is_empty() {
            section #allowances {
                h2 { "Allowances to look at" }
                ul {
                    @for a in expired.into_iter().chain(idle) {
                        li {
                            code { (visible(&a.rule)) } " on " code { (visible(&a.object)) }
                            @if let Some(until) = &a.until { " until " (visible(until)) }
                            ": " (visible(&a.state)) "."
                        }
                    }
                }
            }
        }
    }
}
