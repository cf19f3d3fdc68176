//! Rules on foreign keys and on relations that no foreign key declares.

mod cascade_reach;
mod cycle_not_null;
mod duplicate;
mod foreign_key_absent;
mod half_null_unchecked;
mod polymorphic;
mod references_itself;
mod references_unique_key;
mod referring_names;
mod type_mismatch;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &cascade_reach::RULE,
    &cycle_not_null::RULE,
    &duplicate::RULE,
    &foreign_key_absent::RULE,
    &half_null_unchecked::RULE,
    &polymorphic::RULE,
    &references_itself::RULE,
    &references_unique_key::RULE,
    &type_mismatch::RULE,
];
