//! Rules on extensions.

mod in_public;
mod language_untrusted;
mod pg_stat_statements_absent;
mod reaches_outside;
mod statements_thrown_out;
mod superseded;
mod unused;
mod version_behind;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &in_public::RULE,
    &language_untrusted::RULE,
    &pg_stat_statements_absent::RULE,
    &reaches_outside::RULE,
    &statements_thrown_out::RULE,
    &superseded::RULE,
    &unused::RULE,
    &version_behind::RULE,
];
