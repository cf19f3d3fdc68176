//! SQL text to statements with spans, changes and a catalogue; the only crate that knows a parser.

pub mod ddl;
