//! Extended statistics, and the histograms of ranges before 17.

use crate::session::{NoKeys, Question, Rows};
use architrave_model::stats::{ColumnStats, ExtendedStats};

pub(super) static SHOWN: Question = Question::new("extended statistics", include_str!("extended.sql"));
pub(super) static STORED: Question = Question::new("extended statistics", include_str!("extended_raw.sql"));
pub(super) static EXPRESSIONS: Question = Question::new("statistics of expressions", include_str!("extended_expression.sql"));
pub(super) static RANGES: Question = Question::new("histograms of ranges", include_str!("range.sql"));

/// Puts the expressions' statistics where they belong.
pub(super) fn build(objects: Rows<ExtendedStats, NoKeys>, expressions: Option<Rows<ColumnStats, NoKeys>>) -> Vec<ExtendedStats> {
    let mut objects = objects.values();
    for expression in expressions.map(Rows::values).unwrap_or_default() {
        let own = objects.iter_mut().find(|object| object.name == expression.table && object.inherited == expression.inherited);
        if let Some(object) = own {
            object.expressions.push(expression);
        }
    }
    for object in &mut objects {
        object.expressions.sort_by(|a, b| a.column.len().cmp(&b.column.len()).then_with(|| a.column.cmp(&b.column)));
    }
    objects
}

/// Adds the histograms of ranges to the columns' statistics.
pub(super) fn add_ranges(ranges: Rows<ColumnStats, NoKeys>, columns: &mut [ColumnStats]) {
    for range in ranges.values() {
        let own = columns.iter_mut().find(|c| c.table == range.table && c.column == range.column && c.inherited == range.inherited);
        if let Some(column) = own {
            column.range_length_histogram = range.range_length_histogram;
            column.range_empty_fraction = range.range_empty_fraction;
            column.range_bounds_histogram = range.range_bounds_histogram;
        }
    }
}
