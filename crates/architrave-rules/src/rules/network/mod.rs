//! Rules on who can reach the server.

mod hba;
mod open_to_the_world;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&open_to_the_world::RULE];
