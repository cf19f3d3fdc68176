//! Rules on ways in that are no property of one table, view or role: what is broadcast, what an API tells of the schema, keys in client code.

mod edge_function_unchecked;
mod graphql_shows_schema;
mod realtime_publishes_all;
mod service_key_in_client_code;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] =
    &[&edge_function_unchecked::RULE, &graphql_shows_schema::RULE, &realtime_publishes_all::RULE, &service_key_in_client_code::RULE];
