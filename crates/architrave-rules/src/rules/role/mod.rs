//! Rules on roles and what they were granted.

mod all_data_granted;
mod application_is_superuser;
mod application_owns_tables;
mod attributes_excessive;
mod default_privileges_public;
mod grant_option_held;
mod granted_to_public;
mod own;
mod owners_mixed;
mod password_expiring;
mod password_weak_hash;
mod server_access_granted;
mod superuser_by_membership;
mod superusers_many;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &all_data_granted::RULE,
    &application_is_superuser::RULE,
    &application_owns_tables::RULE,
    &attributes_excessive::RULE,
    &default_privileges_public::RULE,
    &grant_option_held::RULE,
    &granted_to_public::RULE,
    &owners_mixed::RULE,
    &password_expiring::RULE,
    &password_weak_hash::RULE,
    &server_access_granted::RULE,
    &superuser_by_membership::RULE,
    &superusers_many::RULE,
];
