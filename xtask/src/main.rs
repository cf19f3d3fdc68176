//! Project chores: `cargo xtask bench …`, `cargo xtask new rule …`.

fn main() {}
