//! Rules on roles and what they were granted.

mod all_data_granted;
mod application_is_superuser;
mod application_owns_tables;
mod application_unbound;
mod attributes_excessive;
mod default_privileges_outside;
mod default_privileges_public;
mod grant_option_held;
mod granted_to_public;
mod outsider_becomes_stronger;
mod outsider_owns_objects;
mod own;
mod owners_mixed;
mod password_expiring;
mod password_weak_hash;
mod server_access_granted;
mod superuser_by_membership;
mod superusers_many;

pub(in crate::rules) use own::is_provider_role;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &all_data_granted::RULE,
    &application_is_superuser::RULE,
    &application_owns_tables::RULE,
    &application_unbound::RULE,
    &attributes_excessive::RULE,
    &default_privileges_outside::RULE,
    &default_privileges_public::RULE,
    &grant_option_held::RULE,
    &granted_to_public::RULE,
    &outsider_becomes_stronger::RULE,
    &outsider_owns_objects::RULE,
    &owners_mixed::RULE,
    &password_expiring::RULE,
    &password_weak_hash::RULE,
    &server_access_granted::RULE,
    &superuser_by_membership::RULE,
    &superusers_many::RULE,
];
