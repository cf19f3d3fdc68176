//! Tests of the whole: the house itself, the guides as written, and the binary as a user meets it.

#[cfg(test)]
mod guides;
#[cfg(test)]
mod house;
