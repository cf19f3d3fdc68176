//! Charts as plain data, and their pictures as inline SVG. Every chart carries its figures as a table: that is its form where there is
//! no picture, and what stands behind it where there is one.

mod growth;
mod overview;
mod size;
mod svg;
#[cfg(test)]
mod tests;

pub(crate) use growth::{limits, size_ahead, statements};
pub(crate) use overview::overview;
pub(crate) use size::{index_use, table_sizes};
pub(crate) use svg::{picture, shape, slug};

use crate::report::{Block, Table};
use crate::text::Text;
use architrave_model::finding::{Effort, Severity};
use serde::Serialize;

/// A chart. Serialises as its words and its table.
#[derive(Debug, Clone, Serialize)]
pub struct Chart {
    /// Unique in its document: what its parts are named by.
    pub name: String,
    /// What it shows, as a heading.
    pub title: String,
    /// What there is to see, one sentence.
    pub reading: Text,
    /// How it is drawn.
    #[serde(skip)]
    pub figure: Figure,
    /// The same as a table.
    #[serde(flatten)]
    pub table: Table,
}

impl Chart {
    fn block(self) -> Block {
        Block::Chart(Box::new(self))
    }
}

/// How a chart is drawn.
#[derive(Debug, Clone)]
pub enum Figure {
    /// A mark per thing, in rows.
    Marks(Vec<MarkRow>),
    /// Severity against effort.
    Matrix(Vec<MatrixRow>),
    /// Bars to the right.
    Bars(Bars),
    /// Lines over time.
    Lines(Lines),
}

/// A row of marks.
#[derive(Debug, Clone)]
pub struct MarkRow {
    /// Words on the left.
    pub label: String,
    /// How many of each severity, worst first, without zeros.
    pub counts: Vec<(Severity, usize)>,
}

/// The actions of one severity.
#[derive(Debug, Clone)]
pub struct MatrixRow {
    /// Severity.
    pub severity: Severity,
    /// Orders of the actions, by effort as in [`EFFORTS`].
    pub cells: [Vec<u32>; 3],
}

/// The columns of a matrix.
pub const EFFORTS: [Effort; 3] = [Effort::Small, Effort::Medium, Effort::Large];

/// Bars.
#[derive(Debug, Clone)]
pub struct Bars {
    /// What the stretches of a bar mean.
    pub series: Vec<(String, Tone)>,
    /// From the top.
    pub bars: Vec<Bar>,
    /// A line across all bars: where, and what it means.
    pub line: Option<(f64, String)>,
}

/// A bar.
#[derive(Debug, Clone)]
pub struct Bar {
    /// Words on the left.
    pub label: String,
    /// Words behind its end.
    pub shown: String,
    /// Its stretches: the series and the length.
    pub parts: Vec<(usize, f64)>,
}

impl Bar {
    fn length(&self) -> f64 {
        self.parts.iter().map(|p| p.1).sum()
    }
}

/// A fill. They differ in lightness, so that they can be told apart without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// The darkest.
    First,
    /// Between.
    Second,
    /// The lightest.
    Third,
    /// Worth a look.
    Warning,
}

/// Lines over time. Times are unix seconds.
#[derive(Debug, Clone)]
pub struct Lines {
    /// First and last moment.
    pub time: (f64, f64),
    /// Moments with a name.
    pub time_marks: Vec<(f64, String)>,
    /// The moment of reading: lines are dashed from there on.
    pub now: f64,
    /// Largest value; the smallest is 0.
    pub top: f64,
    /// Values with a name.
    pub value_marks: Vec<(f64, String)>,
    /// Lines.
    pub lines: Vec<Line>,
}

/// A line through two points or more.
#[derive(Debug, Clone)]
pub struct Line {
    /// Words at its end.
    pub label: String,
    /// Moments and values.
    pub points: Vec<(f64, f64)>,
}
