//! Rules on personal data, secrets, erasure and audit trails. They judge names, types and figures; no value is read or printed.

mod card_verification_code_stored;
mod copied_to_history;
mod erasure_blocked;
mod history_missing;
mod lexicon;
mod password_weakly_hashed;
mod personal;
mod personal_data;
mod readable_by_all;
mod retention_undecided;
mod secret_format;
mod secret_in_definition;
mod soft_delete_blocks_reuse;
mod token_in_clear;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &card_verification_code_stored::RULE,
    &copied_to_history::RULE,
    &erasure_blocked::RULE,
    &history_missing::RULE,
    &password_weakly_hashed::RULE,
    &personal_data::RULE,
    &readable_by_all::RULE,
    &retention_undecided::RULE,
    &secret_in_definition::RULE,
    &soft_delete_blocks_reuse::RULE,
    &token_in_clear::RULE,
];
