//! Tests of the whole: the house itself, and the binary as a user meets it.

#[cfg(test)]
mod house;
