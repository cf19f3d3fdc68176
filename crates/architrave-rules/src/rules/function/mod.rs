//! Rules on functions and procedures.

mod ambiguous_overload;
mod dynamic_sql_injection;
mod errors_swallowed;
mod executable_by_default;
mod immutable_depends_on_state;
mod security_definer_exposed;
mod security_definer_open_to_all;
mod security_definer_search_path;
mod trigger_function_attachable;
mod untrusted_language;
mod volatile_in_policy;

use crate::body::{Token, calls};
use architrave_model::catalog::{Function, FunctionKind};
use architrave_model::name::ObjectRef;
use architrave_model::{ObjectKind, Rule};

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &ambiguous_overload::RULE,
    &dynamic_sql_injection::RULE,
    &errors_swallowed::RULE,
    &executable_by_default::RULE,
    &immutable_depends_on_state::RULE,
    &security_definer_exposed::RULE,
    &security_definer_open_to_all::RULE,
    &security_definer_search_path::RULE,
    &trigger_function_attachable::RULE,
    &untrusted_language::RULE,
    &volatile_in_policy::RULE,
];

/// The reference to a function.
fn object(function: &Function) -> ObjectRef {
    ObjectRef::in_schema(ObjectKind::Function, &function.name.schema, function.signature())
}

/// `schema.name(arguments)`, as messages say it.
fn signed(function: &Function) -> String {
    format!("{}.{}", function.name.schema, function.signature())
}

/// `function schema.name(arguments)` for ALTER, GRANT and REVOKE.
fn target(function: &Function) -> String {
    let kind = if function.kind == FunctionKind::Procedure { "procedure" } else { "function" };
    format!("{kind} {}({})", function.name.sql(), function.identity_arguments)
}

/// Whether its body is text that can be read.
fn is_readable(function: &Function) -> bool {
    matches!(function.language.as_str(), "sql" | "plpgsql")
}

/// Built-in functions that give another value at another time or in another session: STABLE or VOLATILE in every version.
const UNSTEADY: &[&str] = &[
    "now",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "timeofday",
    "random",
    "gen_random_uuid",
    "uuid_generate_v1",
    "uuid_generate_v4",
    "nextval",
    "currval",
    "lastval",
    "setval",
    "current_setting",
    "set_config",
    "txid_current",
    "pg_current_xact_id",
    "pg_sleep",
    "inet_client_addr",
    "pg_backend_pid",
    "current_database",
];
/// The same without parentheses.
const UNSTEADY_WORDS: &[&str] =
    &["current_timestamp", "current_date", "current_time", "localtime", "localtimestamp", "current_user", "session_user", "current_role"];

/// The first built-in in a body that depends on time, session or chance.
fn unsteady_call(tokens: &[Token]) -> Option<&str> {
    let called = calls(tokens).filter(|(schema, _)| schema.is_none_or(|s| s == "pg_catalog")).map(|(_, name)| name);
    let mut called = called.filter(|name| UNSTEADY.contains(name));
    called.next().or_else(|| tokens.iter().filter_map(Token::word).find(|w| UNSTEADY_WORDS.contains(w)))
}
