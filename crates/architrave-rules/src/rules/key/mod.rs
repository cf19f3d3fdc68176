//! Rules on keys: missing, too narrow, made the old way; on the sequences that feed them and on replica identity.

mod integer_primary_key;
mod primary_key_missing;
mod primary_key_mutable;
mod primary_key_wide;
mod random_uuid;
mod replica_identity_absent;
mod sequence_ends_before_column;
mod sequence_near_end;
mod sequence_wider_than_column;
mod serial_over_identity;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &integer_primary_key::RULE,
    &primary_key_missing::RULE,
    &primary_key_mutable::RULE,
    &primary_key_wide::RULE,
    &random_uuid::RULE,
    &replica_identity_absent::RULE,
    &sequence_ends_before_column::RULE,
    &sequence_near_end::RULE,
    &sequence_wider_than_column::RULE,
    &serial_over_identity::RULE,
];
