//! SQL text to statements with spans, changes and a catalogue; the only crate that knows a parser.

#![cfg_attr(test, expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them"))]

pub mod actions;
pub mod ddl;
pub mod difference;
pub mod effects;
pub mod generate;
pub mod lex;
pub mod parameters;
pub mod plan_shape;
pub mod predicate;
pub mod rewrite;
pub mod set_list;
pub mod split;
pub mod touches;

pub use generate::{GenerateOptions, Generated, create_statements};
pub use plan_shape::shape;
pub use split::{Split, SplitNote, SplitOptions, decode, first_line, mask_literals, masked_first_line, split, split_with};
