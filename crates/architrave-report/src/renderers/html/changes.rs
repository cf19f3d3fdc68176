//! What has become of findings since earlier states, and of allowances that have had their day.

use super::blocks::{blocks, shown};
use super::keep::Keep;
use crate::changes::idle_allowances;
use crate::format::visible;
use crate::report::Report;
use maud::{Markup, html};

pub(super) fn changes(report: &Report, keep: &Keep) -> Markup {
    let (expired, idle) = idle_allowances(report);
    html! {
        @for (at, view) in report.changes.iter().enumerate() {
            section id={ "changes-" (at + 1) } {
                h2 { (visible(&view.title)) }
                (blocks(&view.blocks, keep))
            }
        }
        @if !expired.is_empty() || !idle.is_empty() {
            section #allowances {
                h2 { "Allowances to look at" }
                ul {
                    @for a in expired.into_iter().chain(idle) {
                        li {
                            code { (shown(&a.rule, keep)) } " on " code { (shown(&a.object, keep)) }
                            @if let Some(until) = &a.until { " until " (shown(until, keep)) }
                            ": " (shown(&a.state, keep)) "."
                        }
                    }
                }
            }
        }
    }
}
