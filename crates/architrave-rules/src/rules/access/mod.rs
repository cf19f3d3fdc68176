//! Rules on ways in that are no property of one table, view or role: what is broadcast, what an API tells of the schema, keys in client code, sign-up.

mod deletion_of_user_refused;
mod edge_function_unchecked;
mod graphql_shows_schema;
mod realtime_publishes_all;
mod service_key_in_client_code;
mod sign_up_can_fail;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &deletion_of_user_refused::RULE,
    &edge_function_unchecked::RULE,
    &graphql_shows_schema::RULE,
    &realtime_publishes_all::RULE,
    &service_key_in_client_code::RULE,
    &sign_up_can_fail::RULE,
];
