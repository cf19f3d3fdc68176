//! Plans as pictures: a tree for the terminal, a drawing in HTML, a code block in Markdown; one plan, or two side by side.
//!
//! Conditions of a plan hold constants, which may be values of rows: every function here expects a plan whose literals were
//! masked before, and prints what it gets (control characters apart). The statement, the lists of output columns, the text sent to
//! other servers and the values of settings are never printed.

mod drawing;
mod html;
mod layout;
mod marks;
mod pair;
mod terminal;
#[cfg(test)]
mod tests;
mod weigh;
mod words;

pub use crate::renderers::text::Style;
pub use html::STYLE;

use architrave_model::plan::Plan;
use drawing::Drawing;

/// Something to say about a node, beside what the plan itself tells: a finding, most of the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Position in [`Plan::nodes`], from 0: parents before their children.
    pub node: usize,
    /// One short clause.
    pub text: String,
}

/// The plan as a tree for a terminal: a line for each node with its share, its rows and its conditions.
pub fn text(plan: &Plan, notes: &[Note], style: Style) -> String {
    terminal::one(&Drawing::of(plan, notes).folded(), style)
}

/// The tree in a code block, 100 columns wide.
pub fn markdown(plan: &Plan, notes: &[Note]) -> String {
    fenced(&text(plan, notes, MARKDOWN))
}

/// The plan as a figure: a drawing and, below it, the details of every node. `name` becomes part of the ids of its elements and
/// must differ between the figures of a page. Needs [`STYLE`].
pub fn html(plan: &Plan, notes: &[Note], name: &str) -> String {
    html::figure(&Drawing::of(plan, notes).folded(), name, None).into_string()
}

/// A plan, and the same statement's plan after a change.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// Plan before.
    pub before: &'a Plan,
    /// Plan after.
    pub after: &'a Plan,
}

impl Pair<'_> {
    /// Both trees one below the other; `-` marks nodes that are gone, `+` those that are new.
    pub fn text(&self, style: Style) -> String {
        let (before, after) = pair::drawn(self.before, self.after);
        terminal::two(&before, &after, style)
    }

    /// The same in a code block.
    pub fn markdown(&self) -> String {
        fenced(&self.text(MARKDOWN))
    }

    /// Two figures, side by side where there is room. See [`html`] for `name`.
    pub fn html(&self, name: &str) -> String {
        let (before, after) = pair::drawn(self.before, self.after);
        html::two(&before, &after, name).into_string()
    }
}

const MARKDOWN: Style = Style { color: false, width: 100 };

fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}
