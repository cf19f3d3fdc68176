//! Tests of architrave-prove against a real server, on inputs that are too large to stand beside the code.
#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod corpus;
mod explain_majors;
mod policy_sets;
mod semantics;
