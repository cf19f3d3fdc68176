//! Who runs the server, and what stands between it and us.

pub mod detect;
