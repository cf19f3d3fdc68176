//! Rules on the plans of statements: each knows one kind of bottleneck and says it with the numbers of the plan at hand.

mod remedy;
mod tree;
mod weight;
mod wording;

use architrave_model::Rule;

/// All of them, by id; one per line.
#[rustfmt::skip]
pub(crate) static RULES: &[&Rule] = &[
];
