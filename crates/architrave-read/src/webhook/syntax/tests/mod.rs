//! Programs as our tree has them.

mod programs;
mod values;
