//! Rules on who can reach the server.

mod hba;
mod identity_unproved;
mod line_invalid;
mod line_unreached;
mod listens_needlessly;
mod open_to_the_world;
mod password_in_clear;
mod sessions_unencrypted;
mod superuser_remote;
mod tls_off;
mod tls_optional;
mod tls_version_old;
mod trust_authentication;
mod weak_hash_authentication;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &identity_unproved::RULE,
    &line_invalid::RULE,
    &line_unreached::RULE,
    &listens_needlessly::RULE,
    &open_to_the_world::RULE,
    &password_in_clear::RULE,
    &sessions_unencrypted::RULE,
    &superuser_remote::RULE,
    &tls_off::RULE,
    &tls_optional::RULE,
    &tls_version_old::RULE,
    &trust_authentication::RULE,
    &weak_hash_authentication::RULE,
];
