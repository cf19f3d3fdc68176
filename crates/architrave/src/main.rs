//! The binary: parses arguments, prints, exits.

fn main() {}
