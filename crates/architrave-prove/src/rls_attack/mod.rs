//! Attack on row level security: who is meant to see what, rows of two tenants, and what each actor reaches on a private server.

pub mod intent;
pub mod scene;
