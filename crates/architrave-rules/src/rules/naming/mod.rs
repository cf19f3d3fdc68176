//! Rules on names.

mod case_collision;
mod identifier_truncated;
mod invisible_characters;
mod mixed_styles;
mod reserved_word;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] =
    &[&case_collision::RULE, &identifier_truncated::RULE, &invisible_characters::RULE, &mixed_styles::RULE, &reserved_word::RULE];
